// The files directly inside a dropped or picked folder. Nothing is read here: only file handles go to the
// worker.

import type { PickedFolder } from '../../../state/models/custom-model-pair';

/** Files of an `<input webkitdirectory>`; null: nothing was chosen. */
export function pickedFolder(list: FileList | null): PickedFolder | null {
  const files = [...(list ?? [])];
  const [first] = files;
  if (!first) return null;
  const name = first.webkitRelativePath.split('/')[0] ?? '';
  const direct = files.filter((file) => file.webkitRelativePath.split('/').length <= 2);
  return { name: name === '' ? 'files' : name, files: direct };
}

/** Files of a drop: of a folder, or loose files as one folder. Call it while the event is handled. */
export async function droppedFolder(data: DataTransfer): Promise<PickedFolder | null> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const loose = [...data.files];
  const directory = entries.find((entry) => entry.isDirectory);
  if (!directory) return loose.length === 0 ? null : { name: 'dropped files', files: loose };
  const inside = await entriesOf(directory as FileSystemDirectoryEntry);
  const files = await Promise.all(
    inside
      .filter((entry) => entry.isFile)
      .map(
        (entry) =>
          new Promise<File>((resolve, reject) =>
            (entry as FileSystemFileEntry).file(resolve, reject),
          ),
      ),
  );
  return { name: directory.name, files };
}

/** All entries. A reader returns at most a hundred at a time, and an empty list at the end. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
