// Signing in and out: the corner of the header, the dialog, and the form in both.

import { auth } from "./auth.js";
import { cloneOf, part, setText, toast } from "./dom.js";
import { problemText } from "./problem.js";

const MIN_PASSWORD_CHARS = 8;

/** Put the sign-in form into an element. `done` is called once somebody has signed in. */
export function mountAccountForm(container, done) {
  const form = cloneOf("account-form");
  const { name, email, password } = form.elements;
  const error = form.querySelector(".form-error");
  const submit = part(form, "submit");
  let mode = "login";

  const setMode = (next) => {
    mode = next;
    const isNew = mode === "register";
    for (const button of form.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    for (const element of form.querySelectorAll("[data-only]")) element.hidden = !isNew;
    name.disabled = !isNew;
    password.minLength = isNew ? MIN_PASSWORD_CHARS : 0;
    password.autocomplete = isNew ? "new-password" : "current-password";
    submit.textContent = isNew ? "Create account" : "Sign in";
    error.hidden = true;
  };

  const send = async () => {
    if (mode === "register") await auth.register(name.value.trim(), email.value, password.value);
    else await auth.login(email.value.trim(), password.value);
  };

  form.addEventListener("click", (event) => {
    if (event.target.dataset.mode) setMode(event.target.dataset.mode);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitForm(form, send).then((sent) => sent && done());
  });
  setMode("login");
  container.replaceChildren(form);
}

/** Check a form and send it with `send`; show what went wrong. True when it was sent. */
export async function submitForm(form, send) {
  const error = form.querySelector(".form-error");
  const submit = form.querySelector("button:not([type=button])");
  error.hidden = true;
  const wrong = [...form.elements].find((field) => !field.disabled && !field.checkValidity());
  if (wrong) {
    const label = wrong.closest("label").querySelector(".field-label").firstChild.textContent;
    error.textContent = `${label.trim()}: ${wrong.validationMessage}`;
    error.hidden = false;
    wrong.focus();
    return false;
  }
  submit.disabled = true;
  try {
    await send();
    return true;
  } catch (problem) {
    error.textContent = problemText(problem);
    error.hidden = false;
    form.elements[Object.keys(problem.details ?? {})[0]]?.focus();
    return false;
  } finally {
    submit.disabled = false;
  }
}

/** Open the dialog; true when somebody signed in, false when it was closed. */
export async function askToSignIn(reason) {
  await auth.restore();
  if (auth.user) return true;
  const dialog = document.getElementById("account-dialog");
  part(dialog, "reason").textContent = reason;
  mountAccountForm(part(dialog, "auth-form"), () => dialog.close());
  dialog.showModal();
  dialog.querySelector("input:enabled").focus();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return auth.user !== null;
}

async function signOut() {
  try {
    await auth.logout();
    toast("Signed out.");
  } catch {
    toast("Signed out here; the server could not be told.");
  }
}

async function signOutEverywhere() {
  try {
    await auth.logoutEverywhere();
    toast("Signed out on all devices.");
  } catch (problem) {
    toast(problemText(problem));
  }
}

function showAccount() {
  const { user } = auth;
  part(document, "sign-in").hidden = user !== null;
  for (const element of document.querySelectorAll("[data-member]")) element.hidden = user === null;
  for (const element of document.querySelectorAll("[data-account-name]")) {
    setText(element, user?.name ?? "");
  }
}

part(document, "sign-in").addEventListener("click", () => askToSignIn("Sign in to Bandstand"));
for (const [what, act] of [
  ["[data-sign-out]", signOut],
  ["[data-sign-out-everywhere]", signOutEverywhere],
]) {
  for (const button of document.querySelectorAll(what)) {
    button.addEventListener("click", () => {
      document.getElementById("account-menu").hidePopover?.();
      act();
    });
  }
}
auth.addEventListener("change", showAccount);
auth.restore().then(showAccount);
