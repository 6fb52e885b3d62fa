import { administers, type Cursor } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { ImportPart } from '../ports/imports.ts';
import type { Ports } from '../ports/ports.ts';
import { noAdmin } from './administer.ts';
import { type ImportPorts, importSpace } from './import-space.ts';
import { BadExport } from './read-export.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** Keeps one of the parts that an export was cut into, anywhere. Sent again, it is kept once. */
export async function putImportPart(
  { imports, clock }: Pick<Ports, 'imports' | 'clock'>,
  { space, grants }: Identity,
  part: ImportPart,
  text: string,
): Promise<Answered<void>> {
  if (!administers(grants)) return refuse(noAdmin()); // I8
  await imports.putPart(space, part, text, clock.now());
  return ok(undefined);
}

/** Imports what the first `parts` of an upload are together, like `importSpace`. They stay, so it may be asked for again (I6). */
export async function importParts(
  ports: ImportPorts,
  identity: Identity,
  { upload, parts }: { upload: string; parts: number },
): Promise<Answered<{ cursor: Cursor }>> {
  return importSpace(ports, identity, textsOf(ports, identity, upload, parts));
}

async function* textsOf(
  { imports }: Pick<Ports, 'imports'>,
  { space }: Identity,
  upload: string,
  parts: number,
): AsyncGenerator<string, void> {
  for (let number = 0; number < parts; number++) {
    const text = await imports.part(space, { upload, number });
    if (text === undefined) throw new BadExport(`part ${number} is missing`);
    yield text;
  }
}
