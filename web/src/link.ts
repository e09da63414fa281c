// A query in the fragment of a link: compressed, and never sent to the server.

export interface Linked { text: string; now?: string }

const PREFIX = "#q=";
/** More than this is not a query. */
const MAX_TEXT = 4 << 20;

export async function toFragment(linked: Linked): Promise<string> {
  const packed = new Blob([JSON.stringify(linked)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return PREFIX + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The query of a fragment; null if there is none, or it is damaged. */
export async function fromFragment(fragment: string): Promise<Linked | null> {
  if (!fragment.startsWith(PREFIX)) return null;
  try {
    const binary = atob(fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(new TextDecoderStream()).getReader();
    let json = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      json += value;
      if (json.length > MAX_TEXT) return null;
    }
    const linked = JSON.parse(json) as Linked;
    return typeof linked.text === "string" ? { text: linked.text, ...(typeof linked.now === "string" ? { now: linked.now } : {}) } : null;
  } catch {
    return null;
  }
}
