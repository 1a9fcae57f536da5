// The tab Sample: a grid of things by seed; one of them alone with its player.

import {ask, complain, save, say} from "./status.js";
import {Choice} from "./choosing.js";
import {make, options, roving, slider, still} from "./dom.js";
import {canvasOf, decoded, play} from "./players.js";
import {pick} from "./picked.js";

let form, results, dialog, choice, run, facts, truncation, giving;
let moving = [];  // what shows the frames of films
let ticking = 0;

export function start(section) {
  form = section.querySelector("form");
  results = section.querySelector(".results");
  dialog = section.querySelector("dialog");
  choice = new Choice("sample", form.run, ["sample"], section.querySelector(".none"), chosen);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    made();
  });
  form.elements.random.addEventListener("click", () => {
    form.seed.value = Math.floor(Math.random() * 1e6);
    made();
  });
  for (const kind of ["grid", "archive"]) form.elements[kind].addEventListener("click", () => saved({...asked(), kind}));
  form.label.addEventListener("change", made);
  form.part.addEventListener("change", made);
  dialog.querySelector('[name="close"]').addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.querySelector(".stage").replaceChildren());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

export const shown = () => {
  choice.refresh().catch(complain);
  tick();
};

export const hidden = () => {
  clearInterval(ticking);
  ticking = 0;
  dialog.close();
};

async function chosen(found) {
  facts = found.sample;
  run = choice.run;
  if (!facts) throw new Error(`${found.variant} makes nothing from seeds; gan ${found.verb} is its verb`);
  form.querySelector(".classes").hidden = !facts.classes.length;
  options(form.label, [["", "All in turn"], ...facts.classes.map((name, number) => [number, name])]);
  form.label.value = "";
  form.querySelector(".bars").hidden = !facts.bars;
  form.querySelector(".parts").hidden = !facts.parts.length;
  options(form.part, [["", "The whole"], ...facts.parts.map((name) => [name, name]), ["all", "All parts below each other"]]);
  form.part.value = "";
  form.num.value = Math.min(facts.usual, facts.player === "paths" ? 12 : 64);  // each plot takes a while
  form.num.closest(".field").hidden = facts.player === "together";
  truncation = truncating(facts.truncation, made);
  form.querySelector(".truncation").replaceChildren(...(truncation ? [truncation] : []));
  giving = given(facts.given);
  form.querySelector(".given").replaceChildren(...giving.fields);
  await made();
}

// A slider of truncation, of the kind that a model has; null if it has none.
export function truncating(kind, changed) {
  if (kind === "psi") {
    return slider("Truncation", {min: 0, max: 1, step: 0.05, value: 1, oninput: later(changed),
      text: (psi) => (psi >= 1 ? "1 (off)" : String(psi))});
  }
  if (kind !== "threshold") return null;
  return slider("Truncation", {min: 0.2, max: 3, step: 0.1, value: 3, oninput: later(changed),
    text: (limit) => (limit >= 3 ? "off" : `latents within ${limit}`)});
}

export function truncated(kind, row) {
  if (!row) return {};
  const value = Number(row.input.value);
  if (kind === "psi") return value < 1 ? {truncation_psi: value} : {};
  return value < 3 ? {truncation_threshold: value} : {};
}

// Fields for what a model is given in words; what is left empty is taken from held-out examples.
export function given(entries) {
  const inputs = entries.filter((entry) => entry.typed).map(({name}) => {
    const input = make("input", {type: "text", name, maxLength: 1000, placeholder: "empty: held-out examples"});
    return [name, input, make("label", {class: "field"}, make("span", {textContent: `Given: ${name}`}), input)];
  });
  return {
    fields: inputs.map(([, , field]) => field),
    told: () => Object.fromEntries(inputs.map(([name, input]) => [name, input.value]).filter(([, text]) => text.trim())),
  };
}

function later(work) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, 150);
  };
}

function asked() {
  const label = form.label.value;
  return {
    seed: Number(form.seed.value), num: Number(form.num.value), labels: label === "" ? [] : [label],
    told: giving.told(), bars: facts.bars && form.bars.value ? Number(form.bars.value) : null, part: form.part.value || null,
    ...truncated(facts.truncation, truncation),
  };
}

let pending = null;

async function made() {
  if (!facts || !form.reportValidity()) return;
  pending?.abort();
  const mine = (pending = new AbortController());
  results.setAttribute("aria-busy", "true");
  const began = performance.now();
  const wanted = asked();
  const whose = {run, facts};  // what is clicked later is of this run, whichever is chosen by then
  try {
    const found = await ask(`api/sample/${run}`, {body: wanted, signal: mine.signal});
    if (pending !== mine) return;
    await show(found, wanted, whose);
    const took = Math.round(performance.now() - began);
    form.querySelector(".took").textContent = `${found.things.length || "All"} in ${took} ms`;
    results.dataset.took = took;
    say();
  } catch (error) {
    complain(error);
  } finally {
    if (pending === mine) results.removeAttribute("aria-busy");
  }
}

async function show(found, wanted, whose) {
  moving = [];
  if (found.together) {
    const image = await decoded(found.together);
    image.alt = `${facts.medium}, all together`;
    image.className = "together";
    results.replaceChildren(image);
    return;
  }
  const tiles = await Promise.all(found.things.map((thing) => tile(thing, wanted, whose)));
  const width = found.things[0]?.picture.width ?? 32;
  const wide = found.things[0] && width > 1.5 * found.things[0].picture.height;
  const box = make("div", {class: `grid${wide ? " wide" : ""}`, role: "group", "aria-label": `${tiles.length} ${facts.medium}; arrows go from one to the next`}, ...tiles);
  box.style.setProperty("--tile", `${Math.max(width <= 32 ? 56 : 72, Math.min(width, 192))}px`);
  roving(box, tiles);
  results.replaceChildren(box, ...(moving.length ? [pauser()] : []));
  tick();
}

async function tile(thing, wanted, whose) {
  const name = thing.label === "" ? "" : `, class ${facts.classes[Number(thing.label)]}`;
  const canvas = await canvasOf(thing.picture);
  if (thing.picture.frames > 1) moving.push({canvas, frames: thing.picture.frames, fps: thing.picture.fps});
  const title = `Seed ${thing.seed}${name}`;
  const button = make("button", {type: "button", class: "tile", title, "aria-label": title}, canvas);
  button.addEventListener("click", () => detail(thing, title, wanted, whose));
  return button;
}

let paused = still();

function pauser() {
  const button = make("button", {type: "button", class: "pause", textContent: paused ? "Play all" : "Pause all"});
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Play all" : "Pause all";
  });
  return button;
}

function tick() {
  clearInterval(ticking);
  ticking = 0;
  if (!moving.length) return;
  let moment = 0;
  ticking = setInterval(() => {
    if (paused || document.hidden) return;
    moment += 1;
    for (const {canvas, frames} of moving) canvas.show(moment % frames);
  }, 1000 / (moving[0].fps || 8));
}

async function detail(thing, title, wanted, whose) {
  const body = {...wanted, seed: thing.seed, num: 1, labels: thing.label === "" ? [] : [thing.label]};
  dialog.querySelector("h3").textContent = title;
  const stage = dialog.querySelector(".stage");
  const meanwhile = await canvasOf(thing.picture);
  stage.replaceChildren(meanwhile, make("p", {class: "quiet", textContent: "Making it ..."}));
  dialog.querySelector(".files").replaceChildren(...whose.facts.endings.map((kind) =>
    make("button", {type: "button", textContent: `Save as ${kind.slice(1)}`, onclick: () => saved({...body, kind}, whose.run)})));
  const walk = dialog.querySelector('[name="walk"]');
  walk.hidden = !whose.facts.walks;
  walk.onclick = () => {
    pick(whose.run, thing.seed);
    say(`Seed ${thing.seed} is in the walk`);
  };
  dialog.showModal();
  try {
    await play(stage, await ask(`api/sample/${whose.run}/one`, {body}), title);
  } catch (error) {
    stage.replaceChildren(make("p", {class: "wrong", textContent: error.message}));
  }
}

async function saved(body, of = run) {
  if (!form.reportValidity()) return;
  try {
    await save(`api/sample/${of}/file`, body);
    say("Saved");
  } catch (error) {
    complain(error);
  }
}
