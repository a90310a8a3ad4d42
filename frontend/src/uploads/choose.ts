/** Asks a person for files, by handles where the browser has them: those outlive a reload. */
import type { Chosen } from "./engine/manager";
import type { FileHandle } from "./engine/ports";

interface PickerWindow {
  showOpenFilePicker?: (options: { multiple: boolean }) => Promise<FileHandle[]>;
}

interface HandleItem {
  getAsFileSystemHandle?: () => Promise<{ kind: string } | null>;
}

/** @param extensions with their dots; only these are offered where the browser can do that. */
export async function chooseFiles(
  extensions: readonly string[],
  multiple: boolean,
): Promise<Chosen[]> {
  const { showOpenFilePicker } = window as PickerWindow;
  if (showOpenFilePicker === undefined) return chooseByInput(extensions, multiple);
  try {
    return await showOpenFilePicker.call(window, { multiple });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return [];
    // Not allowed here, as in a frame of another page.
    return chooseByInput(extensions, multiple);
  }
}

function chooseByInput(extensions: readonly string[], multiple: boolean): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = multiple;
    input.accept = ["video/*", "audio/*", ...extensions].join(",");
    input.onchange = () => {
      resolve([...(input.files ?? [])]);
    };
    input.oncancel = () => {
      resolve([]);
    };
    input.click();
  });
}

/** The files of a drop; folders and text are left out. Call it in the handler of the event itself. */
export async function droppedFiles(data: DataTransfer): Promise<Chosen[]> {
  const items = [...data.items].filter((item) => item.kind === "file");
  const chosen = items.map(async (item): Promise<Chosen | null> => {
    const file = item.getAsFile();
    const handle = await (item as HandleItem).getAsFileSystemHandle?.().catch(() => null);
    if (handle?.kind === "directory") return null;
    return handle?.kind === "file" ? (handle as FileHandle) : file;
  });
  return (await Promise.all(chosen)).filter((each) => each !== null);
}
