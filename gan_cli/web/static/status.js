// The line at the foot of the page, which screen readers read out, and questions to the server.

const line = () => document.getElementById("status");

export function say(text = "", wrong = false) {
  line().textContent = text;
  line().classList.toggle("wrong", wrong);
}

// Tells what went wrong; a request that was given up is no mistake.
export function complain(error) {
  if (error.name !== "AbortError") say(error.message, true);
}

// An answer of the server: JSON is sent as `body`, files as `form`.
async function answer(path, {body, form, signal} = {}) {
  const options = {signal};
  if (body !== undefined) {
    Object.assign(options, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)});
  } else if (form) {
    Object.assign(options, {method: "POST", body: form});
  }
  let found;
  try {
    found = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer; is gan serve still running?");
  }
  if (found.ok) return found;
  const told = await found.json().catch(() => ({}));
  throw new Error(told.error || `The server answers ${found.status}`);
}

export async function ask(path, options) {
  return (await answer(path, options)).json();
}

// Asks for a file and has the browser save it.
export async function save(path, body) {
  const found = await answer(path, {body});
  const name = /filename="([^"]+)"/.exec(found.headers.get("content-disposition") || "");
  keep(await found.blob(), name ? name[1] : "download");
}

export function keep(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Does one piece of work at a time; of what is asked for meanwhile only the last is done.
export function latest(work) {
  let running = false;
  let waiting = null;
  const call = async (...asked) => {
    if (running) {
      waiting = asked;
      return;
    }
    running = true;
    try {
      await work(...asked);
    } catch (error) {
      complain(error);
    } finally {
      running = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        call(...next);
      }
    }
  };
  call.forget = () => {
    waiting = null;
  };
  return call;
}
