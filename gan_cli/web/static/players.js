// Players of what was made: pictures, films, solids that turn, music with its piano roll, paths of people, texts.

import {make, slider, still} from "./dom.js";

export async function decoded(sheet) {
  const image = new Image();
  image.src = sheet.src;
  await image.decode();
  return image;
}

// A canvas that shows one frame of a sheet; `canvas.show(k)` shows another.
export async function canvasOf(sheet, label) {
  const image = await decoded(sheet);
  const canvas = make("canvas", {width: sheet.width, height: sheet.height, class: "pixels"});
  if (label) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  }
  const pen = canvas.getContext("2d");
  canvas.show = (frame) => {
    const [x, y] = [(frame % sheet.columns) * sheet.width, Math.floor(frame / sheet.columns) * sheet.height];
    pen.clearRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(image, x, y, sheet.width, sheet.height, 0, 0, sheet.width, sheet.height);
  };
  canvas.show(0);
  return canvas;
}

// A button and a slider that go through moments; it stops when it is taken off the page, or the page is hidden.
export function timeline({moments, fps, show, name = "Moment", once = false}) {
  let timer = 0;
  let at = 0;
  const bar = slider(name, {min: 0, max: moments - 1, step: 1, value: 0, oninput: (moment) => {
    stop();
    go(moment);
  }, text: (moment) => `${Number(moment) + 1} of ${moments}`});
  const button = make("button", {type: "button", class: "play", onclick: () => (timer ? stop() : start())});
  const box = make("div", {class: "timeline"}, button, bar);
  function go(moment) {
    at = moment;
    bar.set(at);
    show(at);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  }
  function start() {
    if (at === moments - 1) go(0);
    button.textContent = "Pause";
    timer = setInterval(() => {
      if (!box.isConnected || document.hidden) return stop();
      if (once && at === moments - 1) return stop();
      return go((at + 1) % moments);
    }, 1000 / fps);
  }
  stop();
  return Object.assign(box, {start, stop, go: (moment) => {
    stop();
    go(moment);
  }});
}

async function film(thing, label, noun = "Frame") {
  const canvas = await canvasOf(thing.picture, label);
  const moments = thing.picture.frames;
  if (moments < 2) return [canvas];
  const line = timeline({moments, fps: thing.picture.fps || 12, show: canvas.show, name: noun});
  return [canvas, line];
}

async function solid(thing, label) {
  const [canvas, line] = await film(thing, `${label}; drag it to turn it`, "Turn");
  if (!line) return [canvas];
  canvas.classList.add("turns");
  let from = null;
  let at = 0;
  const {frames, width} = thing.picture;
  canvas.addEventListener("pointerdown", (event) => {
    from = event.clientX;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const steps = Math.round(((event.clientX - from) / Math.max(width, canvas.clientWidth)) * frames);
    if (!steps) return;
    from = event.clientX;
    at = (((at + steps) % frames) + frames) % frames;
    line.go(at);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => {
    from = null;
  });
  return [canvas, line];
}

let sounding = null;  // only one thing is heard at a time

async function music(thing, label) {
  const roll = await canvasOf(thing.picture, label);
  const head = make("div", {class: "head", hidden: true});
  const stage = make("div", {class: "roll"}, roll, head);
  const {notes, seconds} = thing.music;
  const button = make("button", {type: "button", textContent: "Play", onclick: () => (mine() ? sounding.stop() : start())});
  const told = make("p", {class: "quiet", textContent: `${notes.length} notes in ${seconds.toFixed(1)} seconds`});
  const mine = () => sounding?.button === button;
  function start() {
    sounding?.stop();
    const context = new AudioContext();
    const begin = context.currentTime + 0.05;
    for (const [from, length, pitch] of notes) {
      const voice = new OscillatorNode(context, {type: "triangle", frequency: 440 * 2 ** ((pitch - 69) / 12)});
      const loud = new GainNode(context, {gain: 0});
      loud.gain.setValueAtTime(0, begin + from);
      loud.gain.linearRampToValueAtTime(0.25, begin + from + 0.01);
      loud.gain.exponentialRampToValueAtTime(0.001, begin + from + length);
      voice.connect(loud).connect(context.destination);
      voice.start(begin + from);
      voice.stop(begin + from + length);
    }
    const stop = () => {
      sounding = null;
      context.close();
      head.hidden = true;
      button.textContent = "Play";
    };
    sounding = {button, stop};
    head.hidden = false;
    button.textContent = "Stop";
    const follow = () => {
      if (!mine()) return;
      const share = (context.currentTime - begin) / seconds;
      if (share >= 1 || !button.isConnected) {
        stop();
        return;
      }
      head.style.left = `${100 * Math.max(0, share)}%`;
      requestAnimationFrame(follow);
    };
    follow();
  }
  return [stage, make("div", {class: "row"}, button, told)];
}

const COLOURS = ["#e6550d", "#3182bd", "#31a354", "#756bb1", "#d6336c", "#997404", "#0c8599", "#5c6bc0"];

function paths(thing, label) {
  const {made, observed} = thing.paths;
  const whole = made.map((future, person) => [...(observed?.[person] ?? []), ...future]);
  const known = observed?.[0]?.length ?? 0;
  const all = whole.flat();
  const [xs, ys] = [0, 1].map((axis) => all.map((place) => place[axis]));
  const [left, low] = [Math.min(...xs), Math.min(...ys)];
  const span = Math.max(Math.max(...xs) - left, Math.max(...ys) - low, 1);
  const side = 360;
  const canvas = make("canvas", {width: side, height: side, role: "img", "aria-label": label, class: "plot"});
  const pen = canvas.getContext("2d");
  const at = ([x, y]) => [20 + ((x - left) / span) * (side - 40), side - 20 - ((y - low) / span) * (side - 40)];
  const show = (moment) => {
    pen.clearRect(0, 0, side, side);
    whole.forEach((steps, person) => {
      pen.strokeStyle = pen.fillStyle = COLOURS[person % COLOURS.length];
      for (const [from, to, width] of [[0, Math.min(moment, known - 1), 1.5], [Math.max(0, known - 1), moment, 4]]) {
        if (to <= from) continue;
        pen.lineWidth = width;
        pen.beginPath();
        steps.slice(from, to + 1).forEach((place) => pen.lineTo(...at(place)));
        pen.stroke();
      }
      pen.beginPath();
      pen.arc(...at(steps[moment]), 6, 0, 7);
      pen.fill();
    });
  };
  const moments = whole[0]?.length ?? 1;
  show(moments - 1);
  const told = `${whole.length} people; thin: what was observed, thick: what was made of it`;
  const line = timeline({moments, fps: 5, show, name: "Step"});
  return [canvas, line, make("p", {class: "quiet", textContent: told})];
}

// Fills a box with the player of a thing, and starts what moves unless people want less motion.
export async function play(box, thing, label, starts = true) {
  const kinds = {film, solid, music, paths, picture: film, text: film};
  const parts = await (kinds[thing.player] ?? film)(thing, label);
  const lines = (thing.lines ?? []).map((line) => make("p", {class: "line", textContent: line}));
  box.replaceChildren(...parts, ...lines);
  if (starts && !still() && thing.player !== "music") parts[1]?.start?.();
}
