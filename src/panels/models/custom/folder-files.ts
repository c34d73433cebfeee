// A folder that was dropped or picked, as the files that lie directly in it. Nothing is read here: only
// handles go to the worker.

import type { PickedFolder } from '../../../state/models/custom-model-pair';

/** Of an `<input webkitdirectory>`; null: nothing was chosen. */
export function pickedFolder(list: FileList | null): PickedFolder | null {
  const files = [...(list ?? [])];
  const [first] = files;
  if (!first) return null;
  const name = first.webkitRelativePath.split('/')[0] ?? '';
  const direct = files.filter((file) => file.webkitRelativePath.split('/').length <= 2);
  return { name: name === '' ? 'files' : name, files: direct };
}

/** Of a drop: a folder, or loose files taken as one. Must be called while the event is handled. */
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

/** All entries: a reader gives at most a hundred at a time, and none at the end. */
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
