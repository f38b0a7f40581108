// What the view and the extension say to each other.
import type { Cost, TaskInfo } from '../protocol';
import type { Turn } from '../turns';

export interface Asked {
  id: string;
  title: string;
  subject: string;
  reason?: string;
  options: string[];
  permission: boolean;
}

export interface State {
  turns: Turn[];
  session?: string; // that the next message goes to; undefined: a new one
  questions: Asked[];
  cost?: Cost;
  model?: string;
  noModel?: boolean; // none is set up
  off?: string; // why the server does not run
  trusted: boolean;
}

export type ToView =
  | { type: 'state'; state: State }
  | { type: 'task'; info: TaskInfo; prompt?: string }
  | { type: 'text'; taskId: string; text: string }
  | { type: 'void'; taskId: string }
  | { type: 'more'; state: Omit<State, 'turns'> } // all but the turns
  | { type: 'focus' };

export type FromView =
  | { type: 'ready' }
  | { type: 'send'; text: string }
  | { type: 'stop'; taskId: string }
  | { type: 'withdraw'; taskId: string }
  | { type: 'answer'; id: string; value?: string }
  | { type: 'show'; id: string } // a question
  | { type: 'undo'; taskId: string }
  | { type: 'diff'; taskId: string }
  | { type: 'resume'; taskId: string }
  | { type: 'open'; path: string } // a link to a file
  | { type: 'command'; command: string };
