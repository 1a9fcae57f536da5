// The tab Playground: a websocket is a game; each message has one answer, and the next is sent when it is there.

import { say } from "./status.js";
import { Curves } from "./playground_curves.js";
import { ends, onTheme, Plane } from "./playground_plane.js";

const FRAME = 50;  // milliseconds: 20 frames a second
const NAMES = {
  generator_width: "Generator's units *", discriminator_width: "Discriminator's units *", depth: "Layers *",
  latent_dim: "Latent numbers *", spread: "Spread at first *", seed: "Seed *", generator_lr: "Generator's rate",
  discriminator_lr: "Discriminator's rate", beta1: "Momentum (beta 1)", n_critic: "Discriminator's steps",
  batch_size: "Batch", clip: "Clip of weights", penalty: "Weight of penalty",
};
const RESTARTING = ["generator_width", "discriminator_width", "depth", "latent_dim", "spread", "seed"];
const SOMETIMES = ["clip", "penalty", "beta1"];

// A connection that answers message after message.
class Line {
  constructor(ended) {
    this.waiting = Promise.resolve();
    this.ended = ended;
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  async connect() {
    const address = new URL("api/playground/game", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = this.socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onclose = (event) => reject(new Error(event.reason || "The server cannot be reached"));
    });
    socket.onclose = (event) => {
      this.answer?.(null);
      this.ended(event.reason || "The connection to the server is gone; Run begins another game");
    };
    socket.onmessage = (event) => this.answer?.(JSON.parse(event.data));
  }

  ask(message) {
    const asked = this.waiting.then(() => {
      if (!this.open) return null;
      const answered = new Promise((resolve) => { this.answer = resolve; });
      this.socket.send(JSON.stringify(message));
      return answered;
    });
    this.waiting = asked.catch(() => null);
    return asked;
  }
}

class Playground {
  constructor(section, choices) {
    this.section = section;
    this.choices = choices;
    this.settings = { drawn: [], ...Object.fromEntries(Object.entries(choices.settings).map(([name, each]) => [name, each.usual])) };
    this.running = this.drawing = this.broken = false;
    this.times = [];
    this.lastSaid = 0;
    this.line = new Line((reason) => this.over(reason));
    this.plane = new Plane(this.at("plane"), choices.reach);
    this.losses = new Curves(this.at("losses"), [
      { column: 1, light: "#b4540a", night: "#f0a35e" }, { column: 2, light: "#0a7a43", night: "#4ade80" },
    ], false);
    this.norms = new Curves(this.at("norms"), [{ column: 3, light: "#3b5bdb", night: "#8aa2ff" }], true);
    this.form();
    this.lessons();
    this.buttons();
    this.pen();
    const redraw = () => { this.plane.draw(); this.losses.draw(); this.norms.draw(); };
    new ResizeObserver(redraw).observe(this.at("plane"));
    onTheme(redraw);
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.pause(); });
  }

  at(name) {
    return this.section.querySelector(`#playground-${name}`);
  }

  // What can be chosen

  form() {
    const titles = (titled) => Object.entries(titled).map(([name, title]) => new Option(title, name));
    this.at("objective").append(...titles(Object.fromEntries(Object.entries(this.choices.objectives).map(([name, each]) => [name, each.title]))));
    this.at("distribution").append(...titles({ ...this.choices.distributions, drawn: "Drawn by hand" }));
    const fields = this.section.querySelector(".playground-fields");
    for (const [name, title] of Object.entries(NAMES)) {
      const limit = this.choices.settings[name], label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "number", name, min: limit.low, max: limit.high, step: limit.whole ? 1 : "any", required: true });
      input.id = `playground-${name}`;
      label.append(title, input);
      fields.append(label);
    }
    this.fill();
    this.section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    this.section.querySelector("form").addEventListener("change", (event) => this.chosen(event.target));
  }

  fill() {
    for (const [name, value] of Object.entries(this.settings)) {
      const input = this.section.querySelector(`[name="${name}"]`);
      if (input) input.value = value;
    }
    const taken = this.choices.objectives[this.settings.objective].takes;
    for (const name of SOMETIMES) this.section.querySelector(`[name="${name}"]`).closest("label").hidden = !taken.includes(name);
    this.at("surface").textContent = `Surface: ${this.choices.objectives[this.settings.objective].surface}`;
    this.at("clear").disabled = !this.settings.drawn.length;
  }

  async chosen(input) {
    if (!input.reportValidity()) {
      say(`${input.closest("label").firstChild.textContent.trim()}: ${input.validationMessage}`, true);
      input.value = this.settings[input.name];
      return;
    }
    this.settings[input.name] = input.type === "number" ? input.valueAsNumber : input.value;
    this.fill();
    if (input.name === "distribution") {
      const draws = input.value === "drawn" && this.settings.drawn.length < this.choices.drawn.fewest;
      this.pause();
      this.leave();
      this.draws(draws);
      if (draws) return;
    }
    await this.change(RESTARTING.includes(input.name));
  }

  lessons() {
    const group = this.section.querySelector(".playground-lessons");
    for (const lesson of this.choices.lessons) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: lesson.title });
      button.addEventListener("click", () => this.lesson(lesson, button));
      group.append(button);
    }
    this.at("other").addEventListener("click", () => this.begin(this.current.other.settings));
  }

  async lesson(lesson, button) {
    this.current = lesson;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    this.at("sentence").hidden = false;
    this.at("sentence").querySelector("span").textContent = lesson.sentence;
    this.at("other").textContent = lesson.other.title;
    await this.begin(lesson.settings);
  }

  // A lesson's sentence is about its own points.
  leave() {
    this.at("sentence").hidden = true;
    for (const button of this.section.querySelector(".playground-lessons").children) button.setAttribute("aria-pressed", "false");
  }

  // Another game, which runs.
  async begin(settings) {
    this.pause();
    this.draws(false);
    this.settings = { ...settings, drawn: this.settings.drawn };
    this.fill();
    if (await this.start()) this.run();
  }

  // Playing

  buttons() {
    this.at("run").addEventListener("click", () => (this.running ? this.pause() : this.run()));
    this.at("step").addEventListener("click", () => this.once());
    this.at("reset").addEventListener("click", async () => {
      this.pause();
      if (this.drawing && !this.enoughDrawn) return;
      this.draws(false);
      if (await this.start()) this.tell("Begun anew.");
    });
    this.at("arrows").addEventListener("change", () => { if (!this.running && this.line.open) this.play(0); });
  }

  get enoughDrawn() {
    if (this.settings.distribution !== "drawn" || this.settings.drawn.length >= this.choices.drawn.fewest) return true;
    say(`Draw ${this.choices.drawn.fewest} points or more first`, true);
    return false;
  }

  // Begins a game anew with the settings; gives whether it has begun.
  async start() {
    if (!this.enoughDrawn) return false;
    try {
      if (!this.line.open) await this.line.connect();
    } catch (error) {
      say(error.message, true);
      return false;
    }
    return this.began(await this.line.ask({ do: "start", settings: this.settings }), true);
  }

  // Goes on with other settings; gives whether it could.
  async change(restarts) {
    if (!this.enoughDrawn) return false;
    if (!this.line.open || this.broken) return this.start();
    return this.began(await this.line.ask({ do: "change", settings: this.settings, restart: restarts }), restarts);
  }

  began(answer, anew) {
    if (!this.good(answer)) return false;
    say("");
    this.broken = false;
    if (anew) { this.losses.clear(); this.norms.clear(); this.numbers(null); }
    const probability = this.choices.objectives[this.settings.objective].probability;
    this.plane.show({ real: answer.real, probability });
    this.seen(answer.frame);
    return true;
  }

  // Whether there is a game that can go on; one is begun, and what was drawn is taken up, if need be.
  async ready() {
    if (this.drawing && !(await this.finished())) return false;
    return (this.line.open && !this.broken) || this.start();
  }

  async run() {
    if (this.running || !(await this.ready())) return;
    const turn = this.turn = {};
    this.setRunning(true);
    say("");
    this.tell("Running.");
    this.times = [];
    while (this.running && this.turn === turn) {
      const begun = performance.now();
      if (!(await this.play(Number(this.at("speed").value)))) break;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, FRAME - (performance.now() - begun))));
    }
    if (this.turn === turn) this.setRunning(false);
  }

  pause() {
    if (!this.running) return;
    this.setRunning(false);
    this.tell(`Paused. ${this.summary ?? ""}`);
  }

  async once() {
    this.pause();
    if (!(await this.ready())) return;
    if (await this.play(Number(this.at("speed").value))) this.tell(this.summary);
  }

  async play(steps) {
    const answer = await this.line.ask({ do: "play", steps, arrows: this.at("arrows").checked });
    if (!this.good(answer)) return false;
    this.seen(answer.frame);
    return true;
  }

  good(answer) {
    if (!answer) return false;
    if (!answer.error) return true;
    say(answer.error, true);
    this.broken = true;
    this.setRunning(false);
    return false;
  }

  over(reason) {
    this.setRunning(false);
    say(reason, true);
  }

  setRunning(running) {
    this.running = running;
    this.at("run").textContent = running ? "Pause" : "Run";
    this.at("run").setAttribute("aria-pressed", String(running));
  }

  // Looking

  seen(frame) {
    this.plane.show({ frame });
    if (frame.moments.length) { this.losses.add(frame.moments); this.norms.add(frame.moments); }
    const [low, high] = ends(frame.surface, this.plane.seen.probability);
    this.at("low").textContent = number(low);
    this.at("high").textContent = number(high);
    this.numbers(frame);
  }

  numbers(frame) {
    const last = frame?.moments.at(-1), covered = frame?.covered, write = (name, text) => { this.at(name).textContent = text; };
    write("at", frame?.step ?? 0);
    write("modes", covered ? `${covered.modes} of ${covered.of}` : "-");
    write("good", covered ? `${Math.round(100 * covered.good)} %` : "-");
    if (last || !frame) ["loss-d", "loss-g", "gradient"].forEach((name, place) => write(name, last ? number(last[place + 1]) : "-"));
    if (!frame) return;
    const parts = [`Step ${frame.step}.`];
    if (covered) parts.push(`${covered.modes} of ${covered.of} modes covered, ${Math.round(100 * covered.good)} % of the points near one.`);
    if (last) parts.push(`Losses: discriminator ${number(last[1])}, generator ${number(last[2])}. Gradient to the generator ${number(last[3])}.`);
    this.summary = parts.join(" ");
    if (!this.running) return;
    const now = performance.now();
    this.times = [...this.times.filter((time) => now - time < 2000), now];
    if (this.times.length > 3) write("fps", ((this.times.length - 1) * 1000 / (now - this.times[0])).toFixed(0));
    if (now - this.lastSaid > 8000) this.tell(this.summary);
  }

  // For screen readers, which would be drowned by 20 numbers a second.
  tell(text) {
    this.lastSaid = performance.now();
    this.at("live").textContent = text;
  }

  // Drawing

  pen() {
    const canvas = this.at("plane");
    this.at("draw").addEventListener("click", () => {
      if (this.drawing) return void this.finished();
      this.sheet();
      canvas.focus();
    });
    this.at("clear").addEventListener("click", () => {
      this.settings.drawn = [];
      this.sheet();
    });
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.drawing || event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.stroke = this.dab(this.plane.place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.stroke) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) {
        const to = this.plane.place(each), [dx, dy] = [to[0] - this.stroke[0], to[1] - this.stroke[1]];
        const dabs = Math.floor(Math.hypot(dx, dy) / 0.06), from = this.stroke;
        for (let dab = 1; dab <= dabs; dab++) this.stroke = this.dab([from[0] + dx * dab / dabs, from[1] + dy * dab / dabs]);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.stroke = null; });
    canvas.addEventListener("keydown", (event) => { if (this.drawing) this.key(event); });
  }

  // What is drawn on.
  sheet() {
    this.pause();
    this.leave();
    this.settings.distribution = "drawn";
    this.fill();
    this.draws(true);
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const [x, y] = this.plane.seen.cross ?? [0, 0], reach = this.choices.reach;
    if (event.key in moves) {
      const step = event.shiftKey ? 0.5 : 0.1;
      const cross = moves[event.key].map((part, axis) => Math.max(-reach, Math.min(reach, [x, y][axis] + step * part)));
      this.plane.show({ cross });
      this.tell(`Cross at ${cross[0].toFixed(1)}, ${cross[1].toFixed(1)}`);
    } else if (event.key === " ") {
      for (let dab = 0; dab < 5; dab++) this.dab([x, y]);
      this.tell(`${this.settings.drawn.length} points`);
    } else if (event.key === "Backspace") {
      this.settings.drawn = this.settings.drawn.slice(0, -5);
      this.sketch();
      this.tell(`${this.settings.drawn.length} points`);
    } else {
      return;
    }
    event.preventDefault();
  }

  // Puts two points near a place, and gives the place.
  dab(place) {
    const reach = this.choices.reach, near = (value) => {
      const moved = value + 0.08 * (Math.random() + Math.random() - 1);
      return Number(Math.max(-reach, Math.min(reach, moved)).toFixed(3));
    };
    const room = this.choices.drawn.most - this.settings.drawn.length;
    if (!room) say(`${this.choices.drawn.most} points are drawn, which is the most`);
    for (let point = 0; point < Math.min(2, room); point++) this.settings.drawn.push(place.map(near));
    this.sketch();
    return place;
  }

  sketch() {
    this.plane.show({ real: this.settings.drawn });
    this.at("drawn").textContent = `${this.settings.drawn.length} points drawn`;
    this.at("clear").disabled = !this.settings.drawn.length;
  }

  // Ends drawing; gives whether a game learns from what was drawn.
  async finished() {
    if (!this.enoughDrawn) return false;
    this.draws(false);
    return this.change(false);
  }

  // Turns drawing on or off; what was drawn is learned from when it is turned off.
  draws(on) {
    const before = this.drawing;
    this.drawing = on;
    this.at("draw").setAttribute("aria-pressed", String(on));
    this.at("draw").textContent = on ? "Drawing done" : "Draw your own";
    this.at("plane").classList.toggle("drawing", on);
    this.at("help").hidden = !on;
    this.plane.show({ drawing: on, cross: on ? [0, 0] : null });
    if (on) this.sketch();
    else if (before) this.at("drawn").textContent = "";
  }
}

const number = (value) => Math.abs(value) >= 1e-3 || value === 0 ? String(Number(value.toPrecision(3))) : value.toExponential(1);

let playground;
let wasRunning = false;

export async function start(section) {
  const answer = await fetch("api/playground/choices");
  if (!answer.ok) throw new Error("The playground's choices cannot be loaded");
  playground = new Playground(section, await answer.json());
  await playground.start();
}

export function shown() {
  if (wasRunning) playground.run();
  wasRunning = false;
}

export function hidden() {
  wasRunning = playground.running;
  playground.pause();
}
