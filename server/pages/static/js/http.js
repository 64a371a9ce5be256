// One JSON request to the REST API, and the error that a failed one becomes.

const BASE = "/api/v1";
const REQUEST_TIMEOUT_MS = 15_000;

export class ApiError extends Error {
  /** `status` is 0 when the server did not answer at all. */
  constructor(status, code, message, details = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

async function errorOf(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // not our JSON: a proxy's page, say; the status alone must do
  }
  const message = error.message ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, error.code ?? "http_error", message, error.details);
}

/** Send, and return the JSON of the answer (null when it is empty). Throws ApiError. */
export async function sendJson(method, path, { body, token, headers: more } = {}) {
  const headers = { Accept: "application/json", ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "unreachable", "The server cannot be reached at the moment.");
  }
  if (!response.ok) throw await errorOf(response);
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}
