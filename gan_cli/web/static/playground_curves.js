// Curves over the steps of a game, on a plain or a logarithmic scale.

import { fit } from "./playground_plane.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 20, MOST = 6000;

export class Curves {
  // keys: the columns of a moment to draw, each with its colour for light and dark.
  constructor(canvas, keys, logarithmic) {
    Object.assign(this, { canvas, keys, logarithmic, moments: [] });
  }

  clear() {
    this.moments = [];
    this.draw();
  }

  add(moments) {
    this.moments.push(...moments);
    if (this.moments.length > MOST) this.moments = this.moments.filter((_, place) => place % 2 === 0);
    this.draw();
  }

  scaled(value) {
    return this.logarithmic ? Math.log10(Math.max(value, 1e-12)) : value;
  }

  range() {
    const values = this.moments.flatMap((moment) => this.keys.map(({ column }) => this.scaled(moment[column]))).sort((a, b) => a - b);
    if (!values.length) return this.logarithmic ? [-3, 1] : [0, 1];
    const cut = this.logarithmic ? 0 : 0.005;  // a single peak of a loss would flatten all the rest
    let low = values[Math.floor(cut * (values.length - 1))], high = values[Math.ceil((1 - cut) * (values.length - 1))];
    if (this.logarithmic) [low, high] = [Math.floor(low), Math.ceil(high)];
    const room = this.logarithmic ? 0 : 0.05 * (high - low);
    return high > low ? [low - room, high + room] : [low - 0.5, high + 0.5];
  }

  draw() {
    const [context, width, height] = fit(this.canvas);
    if (width < 2) return;
    context.clearRect(0, 0, width, height);
    const [low, high] = this.range(), first = this.moments[0]?.[0] ?? 0, last = Math.max(first + 1, this.moments.at(-1)?.[0] ?? 1);
    const x = (step) => LEFT + (step - first) / (last - first) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - (value - low) / (high - low) * (height - TOP - BOTTOM);
    this.axes(context, x, y, width, [low, high], [first, last]);
    context.save();
    context.beginPath();
    context.rect(LEFT, TOP - 2, width - LEFT - RIGHT, height - TOP - BOTTOM + 4);
    context.clip();
    for (const { column, light, night } of this.keys) {
      context.strokeStyle = dark.matches ? night : light;
      context.lineWidth = 1.5;
      context.beginPath();
      this.moments.forEach((moment, place) => {
        context[place ? "lineTo" : "moveTo"](x(moment[0]), y(this.scaled(moment[column])));
      });
      context.stroke();
    }
    context.restore();
  }

  axes(context, x, y, width, [low, high], [first, last]) {
    const ink = dark.matches ? "#a3a9bb" : "#565c6e", line = dark.matches ? "#353a49" : "#d5d8e3";
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = ink;
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of ticks(low, high, this.logarithmic)) {
      context.beginPath();
      context.moveTo(LEFT, y(tick));
      context.lineTo(width - RIGHT, y(tick));
      context.stroke();
      context.fillText(this.logarithmic ? power(tick) : Number(tick.toPrecision(4)), LEFT - 5, y(tick));
    }
    context.textBaseline = "alphabetic";
    const bottom = y(low) + 15;
    context.textAlign = "left";
    context.fillText(first, LEFT, bottom);
    context.textAlign = "right";
    context.fillText(`step ${last}`, width - RIGHT, bottom);
  }
}

const power = (exponent) => exponent > -3 && exponent < 4 ? String(Number((10 ** exponent).toPrecision(1))) : `1e${exponent}`;

function ticks(low, high, whole) {
  const rough = (high - low) / 4, unit = 10 ** Math.floor(Math.log10(rough));
  const usual = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough) ?? unit;
  const step = whole ? Math.max(1, Math.ceil(rough)) : usual, found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * step; tick += step) found.push(tick);
  return found;
}
