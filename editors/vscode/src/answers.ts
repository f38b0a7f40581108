// What models answer in text: explanations, reviews and reports, rendered as Markdown beside the code, while they come.
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { TaskInfo } from './protocol';

const SCHEME = 'emend-answer';
const IN_TEXT = ['explain', 'review']; // kinds of tasks that answer in text
const PAGES = 50; // that are kept

interface Page {
  uri: vscode.Uri;
  text: string;
  shown: boolean;
  due?: boolean; // it is to be drawn again
}

export class Answers {
  private pages = new Map<string, Page>(); // by task id, or the uri of a report
  private changed = new vscode.EventEmitter<vscode.Uri>();

  constructor(context: vscode.ExtensionContext) {
    context.subscriptions.push(
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: this.changed.event,
        provideTextDocumentContent: (uri) =>
          [...this.pages.values()].find((page) => page.uri.toString() === uri.toString())?.text ?? '',
      }),
    );
  }

  private page(id: string, title?: string): Page {
    let page = this.pages.get(id);
    if (!page) {
      const oldest = this.pages.keys().next();
      if (this.pages.size >= PAGES && !oldest.done) this.pages.delete(oldest.value);
      const name = (title || 'answer').replace(/[/\\?#]/g, ' ');
      page = {
        uri: vscode.Uri.from({ scheme: SCHEME, path: `/${id.replace(/\W/g, '')}/${name}.md` }),
        text: '',
        shown: false,
      };
      this.pages.set(id, page);
    }
    return page;
  }

  onText(id: string, text: string, task?: TaskInfo): void {
    const page = this.page(id, task?.title);
    page.text += text;
    if (page.shown) this.drawLater(page);
    else if (task?.kind && IN_TEXT.includes(task.kind)) void this.show(page);
  }

  // VS Code draws a preview whole each time: the longer it is, the rarer.
  private drawLater(page: Page): void {
    if (page.due) return;
    page.due = true;
    setTimeout(() => {
      page.due = false;
      this.changed.fire(page.uri);
    }, 60 + page.text.length / 200);
  }

  // A report is whole; it replaces what came in pieces.
  async onShow(report: { taskId?: string; title: string; uri: string }): Promise<void> {
    const page = this.page(report.taskId || report.uri, report.title);
    try {
      page.text = await fs.readFile(vscode.Uri.parse(report.uri).fsPath, 'utf8');
    } catch (e) {
      void vscode.window.showErrorMessage(`Emend: the report cannot be read: ${(e as Error).message}`);
      return;
    }
    if (page.shown) this.changed.fire(page.uri);
    else await this.show(page);
  }

  private async show(page: Page): Promise<void> {
    page.shown = true;
    const editor = vscode.window.activeTextEditor;
    await vscode.workspace.openTextDocument(page.uri);
    await vscode.commands.executeCommand('markdown.showLockedPreviewToSide', page.uri);
    // The preview takes the focus, and the keys of a user who is typing: give it back.
    if (editor) await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn });
  }

  // The words of a task, also where they were not shown.
  async log(id?: string): Promise<void> {
    const page = id === undefined ? undefined : this.pages.get(id);
    if (page) await this.show(page);
    else void vscode.window.showInformationMessage('Emend: no task has said anything yet.');
  }
}
