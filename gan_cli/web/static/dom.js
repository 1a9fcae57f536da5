// Short words for making elements.

export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function options(select, entries) {
  const before = select.value;
  select.replaceChildren(...entries.map(([value, text]) => make("option", {value, textContent: text})));
  if (entries.some(([value]) => String(value) === before)) select.value = before;
}

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

let count = 0;
export const fresh = (word) => `${word}-${(count += 1)}`;

// A slider with its name and its value beside it.
export function slider(name, {min, max, step, value, oninput, text = (number) => number}) {
  const id = fresh("slider");
  const told = make("output", {htmlFor: id, textContent: text(value)});
  const input = make("input", {id, type: "range", min, max, step, value});
  input.addEventListener("input", () => {
    told.textContent = text(Number(input.value));
    oninput?.(Number(input.value));
  });
  const row = make("div", {class: "slider"}, make("label", {htmlFor: id, textContent: name}), told, input);
  row.set = (number) => {
    input.value = number;
    told.textContent = text(Number(input.value));
  };
  row.input = input;
  return row;
}

// One of several elements can be reached by Tab; arrows go from one to the next.
export function roving(box, items) {
  items.forEach((item, number) => {
    item.tabIndex = number ? -1 : 0;
  });
  box.onkeydown = (event) => {
    const place = items.indexOf(document.activeElement);
    if (place < 0) return;
    const row = items.filter((item) => item.offsetTop === items[0].offsetTop).length || 1;
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -place, End: items.length - 1 - place};
    const next = items[place + (steps[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    items[place].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
}
