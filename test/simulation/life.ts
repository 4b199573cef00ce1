/** Whether a process is still alive; its calls and timers end with it. */
export interface Life {
  dead: boolean;
}
