/** What went wrong, as the one sentence a person is told. */

import { ConnectionError } from "livekit-client";
import type { ErrorName } from "./i18n.js";
import { ServiceError } from "./service.js";

export function problemOf(error: unknown): ErrorName {
  if (error instanceof ConnectionError) return "livekit";
  if (error instanceof DOMException) return "microphone";
  if (!(error instanceof ServiceError)) return "service";
  switch (error.status) {
    case 0:
      return "unreachable";
    case 401:
    case 403:
      return "notAllowed";
    case 404:
      return "roomUnknown";
    case 409:
      return "roomElsewhere";
    case 400:
    case 422:
      return "roomRefused";
    default:
      return "service";
  }
}
