// The plane: the discriminator's surface with its contours, real and generated points, arrows, and the cross of a drawing.

const SIDE = 40;
const dark = matchMedia("(prefers-color-scheme: dark)");

const colours = () => dark.matches
  ? { low: [31, 79, 143], middle: [38, 42, 53], high: [150, 86, 26], real: "#f3f4f8", fake: "#4ade80", rim: "#0b1a12",
      contour: "rgba(255,255,255,.35)", half: "rgba(255,255,255,.8)", arrow: "#ffe066", cross: "#ff7ad9" }
  : { low: [111, 159, 216], middle: [244, 244, 246], high: [240, 163, 94], real: "#20242f", fake: "#0f9d58", rim: "#ffffff",
      contour: "rgba(20,24,40,.35)", half: "rgba(20,24,40,.8)", arrow: "#8a1c7c", cross: "#c2185b" };

export const onTheme = (draw) => dark.addEventListener("change", draw);

// Where a value lies between its ends, 0 to 1.
export function ends(values, probability) {
  if (probability) return [0, 1];
  let low = Infinity, high = -Infinity;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  return high > low ? [low, high] : [low - 1, high + 1];
}

export function fit(canvas) {
  const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio)), height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [context, width / ratio, height / ratio, box];
}

export class Plane {
  constructor(canvas, reach) {
    this.canvas = canvas;
    this.reach = reach;
    this.small = document.createElement("canvas");
    this.small.width = this.small.height = SIDE;
    this.seen = { real: [], frame: null, probability: true, cross: null, drawing: false };
  }

  show(changes) {
    Object.assign(this.seen, changes);
    this.draw();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const along = (position, length) => Math.max(0, Math.min(1, position / length)) * 2 - 1;
    return [this.reach * along(event.clientX - box.left, box.width), -this.reach * along(event.clientY - box.top, box.height)];
  }

  draw() {
    const [context, size] = fit(this.canvas);
    if (size < 2) return;
    const paint = colours(), { real, frame, cross, drawing } = this.seen;
    const x = (value) => (value / this.reach + 1) * size / 2, y = (value) => (1 - value / this.reach) * size / 2;
    context.fillStyle = `rgb(${paint.middle})`;
    context.fillRect(0, 0, size, size);
    if (frame && !drawing) this.surface(context, size, paint);
    const dot = Math.max(1.5, size / 280);
    context.fillStyle = paint.real;
    context.globalAlpha = drawing ? 1 : 0.55;
    for (const [px, py] of real) context.fillRect(x(px) - dot / 2, y(py) - dot / 2, dot, dot);
    context.globalAlpha = 1;
    if (frame && !drawing) this.generated(context, x, y, size, paint);
    if (cross) {
      context.strokeStyle = paint.cross;
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x(cross[0]) - 10, y(cross[1])); context.lineTo(x(cross[0]) + 10, y(cross[1]));
      context.moveTo(x(cross[0]), y(cross[1]) - 10); context.lineTo(x(cross[0]), y(cross[1]) + 10);
      context.stroke();
    }
  }

  surface(context, size, paint) {
    const values = this.seen.frame.surface, [low, high] = ends(values, this.seen.probability);
    const picture = new ImageData(SIDE, SIDE);
    values.forEach((value, place) => {
      const at = Math.max(0, Math.min(1, (value - low) / (high - low))) * 2 - 1;
      const end = at < 0 ? paint.low : paint.high;
      for (let c = 0; c < 3; c++) picture.data[4 * place + c] = paint.middle[c] + Math.abs(at) * (end[c] - paint.middle[c]);
      picture.data[4 * place + 3] = 255;
    });
    this.small.getContext("2d").putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.small, 0, 0, size, size);
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      context.strokeStyle = share === 0.5 ? paint.half : paint.contour;
      context.lineWidth = share === 0.5 ? 1.5 : 1;
      contour(context, values, low + share * (high - low), size / SIDE);
    }
  }

  generated(context, x, y, size, paint) {
    const { samples, arrows } = this.seen.frame, radius = Math.max(2.2, size / 180);
    if (arrows) this.arrows(context, x, y, size, paint, samples, arrows);
    context.fillStyle = paint.fake;
    context.strokeStyle = paint.rim;
    context.lineWidth = 0.75;
    for (const [px, py] of samples) {
      context.beginPath();
      context.arc(x(px), y(py), radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  // A length that tells the gradient's: a gradient of 1 is an eighth of the plane, one of 0.01 can hardly be seen.
  arrows(context, x, y, size, paint, samples, arrows) {
    context.strokeStyle = paint.arrow;
    context.lineWidth = 1.25;
    context.beginPath();
    samples.forEach(([px, py], number) => {
      const [dx, dy] = arrows[number].map((part) => 0.5 * this.reach * part / (1 + Math.hypot(...arrows[number])));
      const [fromX, fromY, toX, toY] = [x(px), y(py), x(px + dx), y(py + dy)];
      const length = Math.hypot(toX - fromX, toY - fromY);
      if (length < 1) return;
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      const head = Math.min(5, length / 2), angle = Math.atan2(toY - fromY, toX - fromX);
      for (const side of [-0.5, 0.5]) {
        context.moveTo(toX, toY);
        context.lineTo(toX - head * Math.cos(angle + side), toY - head * Math.sin(angle + side));
      }
    });
    context.stroke();
  }
}

// The line where the surface has a level: in each square of four neighbouring places, where its sides are crossed.
function contour(context, values, level, step) {
  context.beginPath();
  for (let row = 0; row + 1 < SIDE; row++) {
    for (let column = 0; column + 1 < SIDE; column++) {
      const at = row * SIDE + column;
      const corners = [values[at], values[at + 1], values[at + SIDE + 1], values[at + SIDE]];
      const places = [[0, 0], [1, 0], [1, 1], [0, 1]], crossed = [];
      for (let side = 0; side < 4; side++) {
        const from = corners[side], to = corners[(side + 1) % 4];
        if ((from < level) === (to < level)) continue;
        const share = (level - from) / (to - from), a = places[side], b = places[(side + 1) % 4];
        crossed.push([column + 0.5 + a[0] + share * (b[0] - a[0]), row + 0.5 + a[1] + share * (b[1] - a[1])]);
      }
      for (let pair = 0; pair + 1 < crossed.length; pair += 2) {
        context.moveTo(step * crossed[pair][0], step * crossed[pair][1]);
        context.lineTo(step * crossed[pair + 1][0], step * crossed[pair + 1][1]);
      }
    }
  }
  context.stroke();
}
