// The tab Walk: a slider between seeds, styles of another seed, and sliders along directions.

import {ask, complain, latest, save, say} from "./status.js";
import {Choice} from "./choosing.js";
import {make, options, slider} from "./dom.js";
import {canvasOf, play} from "./players.js";
import {drop, pick, picked} from "./picked.js";
import {given, truncated, truncating} from "./sample.js";

const FRAME = 1000 / 15;  // the shortest time between two places while it plays
const SPEED = 0.7;  // seeds a second

let section, form, stage, choice, facts, truncation, giving, bar;
let going = new Map();  // direction -> slider
let playing = 0;
let dragging = false;

export function start(found) {
  section = found;
  form = section.querySelector("form");
  stage = section.querySelector(".stage");
  choice = new Choice("walk", form.run, ["sample"], section.querySelector(".none"), chosen);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.add.addEventListener("click", () => {
    if (form.seed.reportValidity() && form.seed.value !== "") added(Number(form.seed.value));
  });
  form.elements.random.addEventListener("click", () => added(Math.floor(Math.random() * 1e6)));
  form.elements.find.addEventListener("click", find);
  form.elements.zero.addEventListener("click", () => {
    going.forEach((row) => row.set(0));
    place(true);
  });
  form.label.addEventListener("change", () => {
    seeds();
    place(true);
  });
  form.mixed.addEventListener("change", () => place(true));
  form.method.addEventListener("change", () => directions([], 3));
  for (const kind of ["gif", "mp4"]) {
    section.querySelector(`[name="${kind}"]`).addEventListener("click", (event) => film(event.target, `.${kind}`));
  }
}

export const shown = () => {
  const before = choice.run;
  choice.refresh().then(() => {
    if (choice.run && choice.run === before && facts) return seeds().then(() => place(true));
    return null;
  }).catch(complain);
};

export const hidden = () => {
  halt();
  place.forget();
};

async function chosen(found) {
  halt();
  facts = found.sample;
  if (!facts?.walks) throw new Error(`${found.variant} has no walk between seeds; take another run`);
  form.querySelector(".classes").hidden = !facts.classes.length;
  options(form.label, facts.classes.map((name, number) => [number, name]));
  truncation = truncating(facts.truncation === "psi" ? "psi" : "", () => place(true));
  form.querySelector(".truncation").replaceChildren(...(truncation ? [truncation] : []));
  giving = given(facts.given);
  form.querySelector(".given").replaceChildren(...giving.fields);
  giving.fields.forEach((field) => field.addEventListener("change", () => place(true)));
  layers();
  options(form.method, [["sefa", "weights (SeFa)"], ...(facts.layers ? [["pca", "variance (GANSpace)"]] : []),
    ...(facts.classes.length > 1 ? [["learned", "classes"]] : [])]);
  directions([], 3);
  if (!picked(choice.run).length) [1, 2, 3].forEach((seed) => pick(choice.run, seed));
  await seeds();
  await place(true);
}

function layers() {
  form.querySelector(".mix").hidden = !facts.layers;
  form.querySelector(".layers").replaceChildren(...Array.from({length: facts.layers}, (_, layer) =>
    make("label", {class: "check"}, make("input", {type: "checkbox", value: layer, onchange: () => place(true)}), String(layer))));
}

function added(seed) {
  pick(choice.run, seed);
  seeds().then(() => {
    bar.set(picked(choice.run).length - 1);
    return place(true);
  }).catch(complain);
}

async function seeds() {
  const list = form.querySelector(".seeds");
  list.setAttribute("aria-busy", "true");
  try {
    await listed();
  } finally {
    list.removeAttribute("aria-busy");
  }
}

async function listed() {
  const run = choice.run;
  const all = picked(run);
  const labels = form.label.value === "" || !facts.classes.length ? [] : [form.label.value];
  const pictures = await Promise.all(all.map((seed) =>
    ask(`api/sample/${run}`, {body: {seed, num: 1, labels, told: giving.told()}})));
  if (run !== choice.run) return;
  const items = await Promise.all(all.map(async (seed, number) => {
    const canvas = await canvasOf(pictures[number].things[0].picture);
    const there = make("button", {type: "button", class: "tile", "aria-label": `Go to seed ${seed}`, title: `Go to seed ${seed}`, onclick: () => {
      halt();
      bar.set(number);
      place(true);
    }}, canvas);
    const away = make("button", {type: "button", class: "away", "aria-label": `Take seed ${seed} away`, textContent: "×", onclick: () => {
      drop(run, number);
      seeds().then(() => place(true)).catch(complain);
    }, disabled: all.length < 2});
    return make("li", {}, there, make("span", {textContent: seed}), away);
  }));
  form.querySelector(".seeds").replaceChildren(...items);
  way(all);
}

function way(all) {
  const before = bar ? Number(bar.input.value) : 0;
  const last = Math.max(0, all.length - 1);
  const button = make("button", {type: "button", class: "play", textContent: "Play", onclick: () => (playing ? halt() : run())});
  bar = slider("Place on the way", {min: 0, max: last, step: 0.01, value: Math.min(before, last), oninput: () => {
    halt();
    dragging = true;
    place(false);
  }, text: (at) => told(all, at)});
  bar.input.addEventListener("change", () => {
    dragging = false;
    place(true);
  });
  bar.input.disabled = button.disabled = last === 0;
  section.querySelector(".way").replaceChildren(make("div", {class: "timeline"}, button, bar));
}

function told(all, at) {
  const [from, share] = [Math.floor(at), at % 1];
  if (share < 0.005 || from + 1 >= all.length) return `seed ${all[Math.min(Math.round(at), all.length - 1)]}`;
  return `${Math.round(100 * share)} % from ${all[from]} to ${all[from + 1]}`;
}

function asked(whole) {
  const chosenLayers = [...form.querySelectorAll(".layers input:checked")].map((input) => Number(input.value));
  const strengths = [...going].map(([name, row]) => [name, Number(row.input.value)]).filter(([, strength]) => strength);
  return {
    seeds: picked(choice.run), position: Number(bar.input.value), label: facts.classes.length ? form.label.value : "",
    told: giving.told(), whole, mix: chosenLayers.length ? {seed: Number(form.mixed.value), layers: chosenLayers} : null,
    method: form.method.value || "sefa", directions: Object.fromEntries(strengths),
    ...truncated(facts.truncation === "psi" ? "psi" : "", truncation),
  };
}

const place = latest(async (whole) => {
  if (!facts?.walks || !bar) return;
  const body = asked(whole && !dragging && !playing);
  const began = performance.now();
  stage.setAttribute("aria-busy", "true");
  try {
    const found = await ask(`api/walk/${choice.run}`, {body});
    await play(stage, found, `Place ${body.position} on the way through seeds ${body.seeds.join(", ")}`, whole && !playing);
  } finally {
    stage.removeAttribute("aria-busy");
  }
  stage.dataset.took = Math.round(performance.now() - began);
  stage.dataset.position = body.position;
});

function run() {
  const last = picked(choice.run).length - 1;
  let at = Number(bar.input.value) >= last ? 0 : Number(bar.input.value);
  let before = performance.now();
  section.querySelector(".way .play").textContent = "Pause";
  playing = setInterval(() => {
    if (document.hidden || !stage.isConnected) {
      halt();
      return;
    }
    const now = performance.now();
    at = Math.min(last, at + ((now - before) / 1000) * SPEED);
    before = now;
    bar.set(at);
    if (at >= last) halt();
    place(at >= last);
  }, FRAME);
}

function halt() {
  clearInterval(playing);
  playing = 0;
  const button = section?.querySelector(".way .play");
  if (button) button.textContent = "Play";
}

async function find() {
  const run = choice.run;
  form.elements.find.disabled = true;
  try {
    const found = await ask(`api/walk/${run}/directions?method=${encodeURIComponent(form.method.value)}`);
    if (run === choice.run) directions(found.directions, found.usual);
    say();
  } catch (error) {
    complain(error);
  } finally {
    form.elements.find.disabled = false;
  }
}

function directions(found, usual) {
  going = new Map(found.map(({name, note}) => {
    const row = slider(`Direction ${name}`, {min: -2 * usual, max: 2 * usual, step: usual / 30, value: 0,
      oninput: () => place(true), text: (strength) => Number(strength).toFixed(1)});
    row.title = note;
    return [name, row];
  }));
  form.querySelector(".directions").replaceChildren(...going.values());
  form.elements.zero.hidden = !found.length;
}

async function film(button, kind) {
  if (picked(choice.run).length < 2) {
    say("A film takes two seeds or more", true);
    return;
  }
  button.disabled = true;
  say("Making the film ...");
  try {
    await save(`api/walk/${choice.run}/film`, {...asked(false), kind});
    say("Saved");
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
  }
}
