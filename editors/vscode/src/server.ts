// The server `emend lsp`: starting it, saying why it does not start, and asking it.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { LanguageClient, State, TransportKind } from 'vscode-languageclient/node';
import type { StaticFeature } from 'vscode-languageclient/node';
import { program } from './program';
import { unlinked } from './protocol';
import { settings } from './settings';

export function reason(e: unknown): string {
  return e instanceof Error && e.message ? e.message : String(e);
}

// Announces to the server that we know its own messages.
const ownMessages: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const known = (capabilities.experimental ?? {}) as object;
    capabilities.experimental = { ...known, emend: { diagnostics: true, lookup: true, byFile: true } };
  },
  initialize() {},
  getState() {
    return { kind: 'static' };
  },
  clear() {},
};

// Why the program cannot be run, or undefined. Asked before the client starts it: the client's own message names
// neither the setting nor the cause.
function whyNot(): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program(), ['--version'], { timeout: 10000 }, (e) => {
      const code = (e as NodeJS.ErrnoException | null)?.code;
      if (!e) resolve(undefined);
      else if (code === 'ENOENT') resolve(`the program "${program()}" was not found`);
      else if (code === 'EACCES') resolve(`"${program()}" may not be executed`);
      else resolve(reason(e));
    });
  });
}

export class Server {
  private client?: LanguageClient;
  problem?: string; // why it does not run; undefined: it does, or is just starting
  private changedEmitter = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changedEmitter.event; // it runs, or runs no more

  // attach: registers the handlers of Emend's own messages with a client that is not started yet.
  constructor(private attach: (client: LanguageClient) => void, private stopped: () => void) {}

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  private newClient(): LanguageClient {
    const run = { command: program(), args: ['lsp'], transport: TransportKind.stdio };
    const made: LanguageClient = new LanguageClient('emend', 'Emend', { run, debug: run }, {
      // Without a scheme, output panels and diffs would be opened on the server too; what has no file cannot be worked on.
      documentSelector: [{ scheme: 'file' }],
      initializationOptions: { emend: settings(), trusted: vscode.workspace.isTrusted },
      markdown: { isTrusted: false },
      // The server takes its own settings only: emend.path is ours, and what is unset stays unset.
      middleware: {
        workspace: {
          configuration: (params) => params.items.map((item) => (item.section === 'emend' ? settings() : null)),
          didChangeConfiguration: () =>
            made.sendNotification('workspace/didChangeConfiguration', { settings: { emend: settings() } }),
        },
      },
    });
    made.registerFeature(ownMessages);
    this.attach(made);
    made.onDidChangeState((event) => {
      if (event.newState === State.Stopped) this.stopped();
      this.changedEmitter.fire();
    });
    return made;
  }

  async start(): Promise<void> {
    let why = await whyNot();
    if (!why) {
      try {
        this.client = this.newClient();
        await this.client.start();
        this.problem = undefined;
        this.changedEmitter.fire();
        return;
      } catch (e) {
        why = reason(e);
        this.client = undefined;
      }
    }
    this.problem = why;
    this.changedEmitter.fire();
    void this.explain(why); // nobody waits for the user's answer: the extension would count as not activated
  }

  private async explain(why: string): Promise<void> {
    const answer = await vscode.window.showErrorMessage(
      `Emend does not start: ${why}.`, 'Open Setting', 'How to Install');
    if (answer === 'Open Setting') await vscode.commands.executeCommand('emend.ui.openPath');
    if (answer === 'How to Install') await vscode.commands.executeCommand('emend.ui.howToInstall');
  }

  async stop(): Promise<void> {
    const old = this.client;
    this.client = undefined;
    await old?.stop().catch(() => {});
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  // Starts it if need be; false: it does not start, and the user knows.
  async ready(): Promise<boolean> {
    if (!this.client) await this.start();
    return this.client !== undefined;
  }

  request<T>(method: string, params: object): Promise<T> {
    if (!this.client) return Promise.reject(new Error('the server does not run'));
    return this.client.sendRequest<T>(method, params);
  }

  showOutput(): void {
    this.client?.outputChannel.show();
  }

  notify(method: string, params: object): void {
    void this.client?.sendNotification(method, params);
  }

  // A command of the server; what goes wrong is said, and undefined returned.
  async execute<T = unknown>(command: string, argument?: object): Promise<T | undefined> {
    try {
      return await this.request<T>('workspace/executeCommand', { command, arguments: argument ? [argument] : [] });
    } catch (e) {
      void vscode.window.showErrorMessage('Emend: ' + unlinked(reason(e)));
      return undefined;
    }
  }

  asUri(uri: vscode.Uri): string {
    return this.client ? this.client.code2ProtocolConverter.asUri(uri) : uri.toString();
  }
}
