// A sheet to draw on: hard-edged strokes in plain colours, so that a colour means exactly what it says.

const MOST = 20;  // so many strokes can be undone

export class Sheet {
  // `layers` are canvases of one size by name; `changed()` is called after each stroke.
  constructor(canvas, changed) {
    Object.assign(this, {canvas, changed, layers: {}, layer: "source", colour: "#000000", size: 4, past: []});
    this.cursor = null;
    this.down = false;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.end());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.lift());
  }

  // Takes canvases of a size; what was drawn before is gone.
  take(layers) {
    this.layers = layers;
    this.past = [];
    this.cursor = null;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const {width, height} = this.canvas;
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  }

  remember() {
    const pen = this.pen();
    const {width, height} = this.canvas;
    this.past.push([this.layer, pen.getImageData(0, 0, width, height)]);
    if (this.past.length > MOST) this.past.shift();
  }

  pen() {
    return this.layers[this.layer].getContext("2d", {willReadFrequently: true});
  }

  begin(event) {
    if (event.button) return;
    event.preventDefault();
    this.canvas.focus({preventScroll: true});
    this.canvas.setPointerCapture(event.pointerId);
    this.remember();
    this.down = true;
    this.last = this.at(event);
    this.line(this.last, this.last);
  }

  move(event) {
    if (!this.down || this.cursor?.down) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = this.at(part);
      this.line(this.last, next);
      this.last = next;
    }
  }

  end() {
    if (!this.down) return;
    this.down = false;
    this.changed();
  }

  // Discs along a line, pixel by pixel: a canvas's own strokes would mix colours at their edges.
  line(from, to) {
    const pen = this.pen();
    const {width, height} = this.canvas;
    const radius = this.size / 2;
    const [left, right] = [Math.min(from[0], to[0]) - radius, Math.max(from[0], to[0]) + radius];
    const [top, bottom] = [Math.min(from[1], to[1]) - radius, Math.max(from[1], to[1]) + radius];
    const x0 = Math.max(0, Math.floor(left));
    const y0 = Math.max(0, Math.floor(top));
    const x1 = Math.min(width, Math.ceil(right));
    const y1 = Math.min(height, Math.ceil(bottom));
    if (x1 <= x0 || y1 <= y0) return;
    const image = pen.getImageData(x0, y0, x1 - x0, y1 - y0);
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = dx * dx + dy * dy || 1;
    const ink = this.colour === null ? [0, 0, 0, 0] : [1, 3, 5].map((at) => parseInt(this.colour.slice(at, at + 2), 16)).concat(255);
    const limit = Math.max(0.5, radius * radius);
    for (let y = y0; y < y1; y += 1) {
      for (let x = x0; x < x1; x += 1) {
        const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]];
        const share = Math.max(0, Math.min(1, (px * dx + py * dy) / length));
        const [ex, ey] = [px - share * dx, py - share * dy];
        if (ex * ex + ey * ey <= limit) image.data.set(ink, 4 * ((y - y0) * image.width + x - x0));
      }
    }
    pen.putImageData(image, x0, y0);
  }

  key(event) {
    const step = event.shiftKey ? 1 : Math.max(1, Math.round(this.canvas.width / 32));
    const ways = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.undo();
    else if (event.key === " ") this.toggle();
    else if (ways[event.key]) this.go(ways[event.key]);
    else return;
    event.preventDefault();
  }

  toggle() {
    if (this.cursor?.down) {
      this.lift();
      return;
    }
    this.cursor ??= {x: this.canvas.width / 2, y: this.canvas.height / 2};
    this.remember();
    this.cursor.down = true;
    const here = [this.cursor.x, this.cursor.y];
    this.line(here, here);
    this.pointed?.(this.cursor);
  }

  lift() {
    if (!this.cursor?.down) return;
    this.cursor.down = false;
    this.pointed?.(this.cursor);
    this.changed();
  }

  go([dx, dy]) {
    const {width, height} = this.canvas;
    this.cursor ??= {x: width / 2, y: height / 2, down: false};
    const before = [this.cursor.x, this.cursor.y];
    this.cursor.x = Math.max(0, Math.min(width - 1, this.cursor.x + dx));
    this.cursor.y = Math.max(0, Math.min(height - 1, this.cursor.y + dy));
    if (this.cursor.down) this.line(before, [this.cursor.x, this.cursor.y]);
    this.pointed?.(this.cursor);
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    this.layers[last[0]].getContext("2d").putImageData(last[1], 0, 0);
    this.changed();
  }
}

export const fileOf = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
