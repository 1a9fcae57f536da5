// The tab Translate: a photograph or a drawing on a canvas, and what a model makes of it under a divider.

import {ask, complain, keep, latest, say} from "./status.js";
import {Choice} from "./choosing.js";
import {make, options, slider} from "./dom.js";
import {decoded} from "./players.js";
import {Sheet, fileOf} from "./drawing.js";

const SIDES = [64, 128, 256, 512, 1024];
const INKS = ["#000000", "#ffffff", "#e03131", "#f08c00", "#ffd43b", "#2f9e44", "#1971c2", "#6741d9", "#8d5524", "#f1c27d"];
const NAMES = ["black", "white", "red", "orange", "yellow", "green", "blue", "violet", "brown", "skin"];

let section, form, choice, facts, sheet, source, over, divided;
let told = {};  // name -> canvas of what is told of each pixel
let taken = null;  // the file that was taken last, to reduce it anew
let size = null;
let made = null;

export function start(found) {
  section = found;
  form = section.querySelector("form");
  source = section.querySelector("canvas.source");
  over = section.querySelector("canvas.over");
  divided = section.querySelector(".divided");
  choice = new Choice("translate", form.run, ["translate"], section.querySelector(".none"), chosen);
  sheet = new Sheet(source, changed);
  sheet.pointed = pointed;
  size = slider("Width of the pen", {min: 1, max: 48, step: 1, value: 3, oninput: (width) => {
    sheet.size = width;
  }, text: (width) => `${width} pixel${width === 1 ? "" : "s"}`});
  form.querySelector(".pen").append(size);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    translated();
  });
  form.file.addEventListener("change", () => form.file.files.length && dropped(form.file.files[0]));
  form.size.addEventListener("change", () => (taken ? dropped(taken) : blank()));
  form.sketch.addEventListener("change", () => taken && dropped(taken));
  form.elements.blank.addEventListener("click", () => {
    taken = null;
    form.file.value = "";
    blank();
  });
  form.elements.example.addEventListener("click", example);
  form.elements.undo.addEventListener("click", () => sheet.undo());
  form.elements.clear.addEventListener("click", clear);
  for (const field of ["direction", "second", "style", "reference", "palette"]) form[field].addEventListener("change", () => {
    inks();
    translated();
  });
  divide();
  dropping(section.querySelector(".drop"));
  section.querySelector('[name="save"]').addEventListener("click", () => made && saved());
  section.querySelector('[name="again"]').addEventListener("click", () => made && again());
}

export const shown = () => choice.refresh().catch(complain);
export const hidden = () => translated.forget();

async function chosen(found) {
  facts = found.translate;
  if (!facts) throw new Error(`${found.variant} translates no pictures; gan ${found.verb} is its verb`);
  const attributes = facts.directions.some((way) => way.keeps.length > 1);
  options(form.direction, facts.directions.map((way) => [way.name, way.name]));
  form.direction.closest(".field").hidden = attributes || facts.directions.length < 2;
  const box = form.querySelector(".attributes");
  box.hidden = !attributes;
  box.replaceChildren(box.querySelector("legend"), ...(attributes ? facts.directions : []).map((way, number) =>
    make("label", {class: "check"}, make("input", {type: "checkbox", value: way.name, checked: !number, onchange: () => translated()}), way.name)));
  blending();
  form.querySelector(".style").hidden = !facts.styles;
  form.querySelector(".reference").hidden = !facts.reference;
  form.reference.value = form.palette.value = "";
  form.querySelector(".palette").hidden = !facts.given.some((entry) => entry.kind === "palette");
  form.querySelector(".sketch").hidden = !facts.directions.some((way) => way.name.startsWith("edges2"));
  form.sketch.checked = !form.querySelector(".sketch").hidden;
  const learned = Math.min(facts.side, SIDES.at(-1));
  const sides = facts.only ? [learned] : [learned, ...SIDES.filter((side) => side > learned)];
  options(form.size, sides.map((side) => [side, `${side} pixels${side === facts.side ? ", as learned" : ""}`]));
  form.size.value = String(facts.fixed ? learned : sides.find((side) => side >= Math.min(256, 4 * learned)) ?? learned);
  made = null;
  outcome();
  if (taken && facts.source !== "labels") await dropped(taken);
  else {
    taken = null;
    blank();
  }
}

function blending() {
  form.querySelector(".blend").hidden = !facts.blends || facts.directions.length < 2;
  options(form.second, [["", "nothing"], ...facts.directions.map((way) => [way.name, way.name])]);
  form.second.value = "";
  const row = form.querySelector(".blend .slider");
  row?.remove();
  form.querySelector(".blend").append(slider("Share of the second", {min: 0, max: 1, step: 0.05, value: 0.5,
    oninput: () => form.second.value && translated(), text: (share) => `${Math.round(100 * share)} %`}));
}

function direction() {
  const chosenOnes = [...form.querySelectorAll(".attributes input:checked")].map((input) => input.value);
  if (!form.querySelector(".attributes").hidden) return chosenOnes.join("+");
  const second = form.second.value;
  if (!facts.blends || !second || second === form.direction.value) return form.direction.value;
  const share = Number(form.querySelector(".blend input").value);
  return `${form.direction.value}=${(1 - share).toFixed(2)}+${second}=${share.toFixed(2)}`;
}

// Canvases of a size: the source, and one for each thing that is told of pixels.
function sized(width, height) {
  source.width = over.width = width;
  source.height = over.height = height;
  told = Object.fromEntries(facts.given.filter((entry) => ["mask", "hints"].includes(entry.kind) && !automatic(entry))
    .map((entry) => [entry.name, make("canvas", {width, height})]));
  sheet.take({source, ...told});
  sheet.size = Math.max(1, Math.round(width / 64));
  size.set(sheet.size);
  layers();
}

// Edges between the regions of a label map are found by the server.
const automatic = (entry) => facts.source === "labels" && entry.name === "edges";

function blank() {
  const side = Number(form.size.value);
  sized(side, side);
  const pen = source.getContext("2d", {willReadFrequently: true});
  pen.fillStyle = facts.source === "labels" ? facts.palette[0].colour : "#ffffff";
  pen.fillRect(0, 0, side, side);
  note("");
  translated();
}

function clear() {
  sheet.remember();
  const pen = sheet.pen();
  pen.clearRect(0, 0, source.width, source.height);
  if (sheet.layer === "source") {
    pen.fillStyle = facts.source === "labels" ? facts.palette[0].colour : "#ffffff";
    pen.fillRect(0, 0, source.width, source.height);
  }
  changed();
}

function layers() {
  const names = Object.keys(sheet.layers);
  const box = form.querySelector(".layers");
  box.hidden = names.length < 2;
  const first = names.length > 1 ? names[1] : "source";
  box.replaceChildren(...names.map((name) => make("label", {class: "check"},
    make("input", {type: "radio", name: "layer", value: name, checked: name === first, onchange: () => layer(name)}),
    name === "source" ? "the picture" : name)));
  layer(first);
}

function layer(name) {
  sheet.layer = name;
  inks();
  overlay();
}

const kindOf = (name) => facts.given.find((entry) => entry.name === name)?.kind;

function inks() {
  const kind = kindOf(sheet.layer);
  const grey = (facts.directions.find((way) => way.name === form.direction.value) ?? facts.directions[0]).channels === 1;
  const plain = INKS.map((colour, number) => ({colour, name: NAMES[number]}));
  let entries = grey ? plain.slice(0, 2) : plain;
  if (sheet.layer === "source" && facts.source === "labels") entries = facts.palette;
  if (kind === "mask") entries = [{colour: "#ffffff", name: sheet.layer}, {colour: null, name: "nothing"}];
  if (kind === "hints") entries = [...plain.slice(2), {colour: null, name: "no hint"}];
  form.querySelector(".colours").replaceChildren(...entries.map(({colour, name}, number) => {
    const input = make("input", {type: "radio", name: "ink", checked: !number, onchange: () => {
      sheet.colour = colour;
    }});
    const patch = make("span", {class: `patch${colour ? "" : " none-at-all"}`});
    if (colour) patch.style.background = colour;
    return make("label", {class: "ink", title: name}, input, patch, make("span", {textContent: name}));
  }));
  sheet.colour = entries[0].colour;
}

function changed() {
  overlay();
  if (form.live.checked) translated();
}

// What is told of pixels lies over the picture: masks as a tint, hints as they are.
function overlay() {
  const pen = over.getContext("2d");
  pen.clearRect(0, 0, over.width, over.height);
  for (const [name, canvas] of Object.entries(told)) {
    pen.save();
    if (kindOf(name) === "mask") {
      const tint = make("canvas", {width: over.width, height: over.height});
      const ink = tint.getContext("2d");
      ink.drawImage(canvas, 0, 0);
      ink.globalCompositeOperation = "source-in";
      ink.fillStyle = "#e03131";
      ink.fillRect(0, 0, over.width, over.height);
      pen.globalAlpha = 0.6;
      pen.drawImage(tint, 0, 0);
    } else {
      pen.drawImage(canvas, 0, 0);
    }
    pen.restore();
  }
}

// Where the keyboard's pen is.
function pointed({x, y, down}) {
  overlay();
  const pen = over.getContext("2d");
  pen.strokeStyle = down ? "#e03131" : "#1971c2";
  pen.lineWidth = Math.max(1, over.width / 128);
  pen.beginPath();
  pen.arc(x, y, Math.max(3, sheet.size), 0, 7);
  pen.stroke();
}

function dropping(box) {
  for (const kind of ["dragenter", "dragover"]) box.addEventListener(kind, (event) => {
    event.preventDefault();
    box.classList.add("over");
  });
  for (const kind of ["dragleave", "drop"]) box.addEventListener(kind, () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) dropped(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (file && !section.closest('[role="tabpanel"]').hidden) dropped(file);
  });
}

async function dropped(file) {
  if (!facts) return;
  const sent = new FormData();
  sent.append("file", file);
  const sketch = !form.querySelector(".sketch").hidden && form.sketch.checked;
  const busy = section.querySelector(".sheet");
  busy.setAttribute("aria-busy", "true");
  try {
    const found = await ask(`api/translate/picture?longest=${form.size.value}&sketch=${sketch}&square=${facts.only}`, {form: sent});
    taken = file;
    sized(found.picture.width, found.picture.height);
    await onto(source, found.picture);
    note(found.note);
    say();
    translated();
  } catch (error) {
    form.file.value = "";
    complain(error);
  } finally {
    busy.removeAttribute("aria-busy");
  }
}

let examples = 0;

// A held-out example of the model's data set, with what belongs to it.
async function example() {
  const busy = section.querySelector(".sheet");
  busy.setAttribute("aria-busy", "true");
  try {
    const wanted = new URLSearchParams({number: examples, direction: form.direction.value});
    const found = await ask(`api/translate/${choice.run}/example?${wanted}`);
    examples += 1;
    taken = null;
    form.file.value = "";
    sized(found.picture.width, found.picture.height);
    await onto(source, found.picture);
    for (const [name, picture] of Object.entries(found.told)) if (told[name]) await onto(told[name], picture);
    overlay();
    note(`Held-out example ${found.number} of ${found.of}`);
    say();
    translated();
  } catch (error) {
    complain(error);
  } finally {
    busy.removeAttribute("aria-busy");
  }
}

async function onto(canvas, picture) {
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(await decoded(picture), 0, 0);
}

function note(text) {
  section.querySelector(".note").textContent = text;
}

// Whether something that the model needs is still missing, in words.
function missing() {
  if (facts.reference && !facts.optional_reference && !form.reference.files.length) return "Choose a picture whose style it gets.";
  const drawn = Object.entries(told).find(([name, canvas]) => kindOf(name) === "mask" && isEmpty(canvas));
  if (drawn) return `Draw the ${drawn[0]} over the picture.`;
  return form.querySelector(".attributes").hidden || direction() ? "" : "Choose an attribute.";
}

function isEmpty(canvas) {
  const {data} = canvas.getContext("2d", {willReadFrequently: true}).getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 3; at < data.length; at += 4) if (data[at]) return false;
  return true;
}

const translated = latest(async () => {
  if (!facts || !source.width) return;
  const lacking = missing();
  section.querySelector(".empty").textContent = lacking || "What the model makes of it comes here.";
  if (lacking) {
    made = null;
    outcome();
    return;
  }
  const began = performance.now();
  const run = choice.run;
  const box = section.querySelector(".made");
  box.setAttribute("aria-busy", "true");
  try {
    const found = await ask(`api/translate/${run}`, {form: await sending()});
    if (run !== choice.run) return;
    made = found;
    await outcome();
    box.dataset.took = Math.round(performance.now() - began);
    say();
  } finally {
    box.removeAttribute("aria-busy");
  }
});

async function sending() {
  const sent = new FormData();
  sent.append("source", await fileOf(source), "source.png");
  for (const [name, canvas] of Object.entries(told)) {
    const content = kindOf(name) === "mask" ? onBlack(canvas) : canvas;
    sent.append(name, await fileOf(content), `${name}.png`);
  }
  sent.append("direction", direction());
  for (const name of ["reference", "palette"]) {
    const field = form[name];
    if (!field.closest(".field").hidden && field.files.length) sent.append(name, field.files[0]);
  }
  if (facts.styles) sent.append("style", form.style.value);
  return sent;
}

function onBlack(canvas) {
  const whole = make("canvas", {width: canvas.width, height: canvas.height});
  const pen = whole.getContext("2d");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(canvas, 0, 0);
  return whole;
}

async function outcome() {
  section.querySelector(".empty").hidden = Boolean(made);
  divided.hidden = !made;
  for (const name of ["save", "again"]) section.querySelector(`[name="${name}"]`).disabled = !made;
  if (!made) return;
  const [before, after] = ["before", "after"].map((name) => divided.querySelector(`.${name}`));
  before.src = made.before.src;
  after.src = made.after.src;
  await Promise.all([before.decode(), after.decode()]);
  divided.style.aspectRatio = `${made.after.width} / ${made.after.height}`;
}

function divide() {
  const range = divided.querySelector("input");
  const set = () => divided.style.setProperty("--at", `${range.value}%`);
  range.addEventListener("input", set);
  set();
}

async function saved() {
  const image = await decoded(made.after);
  const canvas = make("canvas", {width: image.naturalWidth, height: image.naturalHeight});
  canvas.getContext("2d").drawImage(image, 0, 0);
  keep(await fileOf(canvas), "translation.png");
}

// CycleGAN's way back, or a second pass: what was made becomes the source, in the other direction if there are two.
async function again() {
  if (facts.directions.length === 2 && !form.direction.closest(".field").hidden) {
    form.direction.selectedIndex = 1 - form.direction.selectedIndex;
  }
  taken = null;
  form.file.value = "";
  sized(made.after.width, made.after.height);
  await onto(source, made.after);
  translated();
}
