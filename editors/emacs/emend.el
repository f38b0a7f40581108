;;; emend.el --- AI code actions and agent tasks through eglot  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: tools, languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Runs `emend lsp' under eglot for the modes given to `emend-setup', and adds
;; what LSP has no way to ask for: tasks in free text (`emend-do'), permission
;; questions that show the whole command, progress in the echo area, cancel.
;; Code actions come by `eglot-code-actions' as from any server.
;;
;;   (require 'emend)
;;   (emend-setup '(text-mode org-mode sh-mode))
;;
;; eglot runs one server for a buffer: a mode given here has Emend in place of
;; its other server.

;;; Code:

(require 'eglot)
(require 'cl-lib)

(defgroup emend nil "AI code actions and agent tasks." :group 'tools)

(defcustom emend-program "emend"
  "The emend program: a name on the PATH, or a whole file name."
  :type 'string)

(defcustom emend-verbose t
  "Whether the echo area shows what a running task does."
  :type 'boolean)

(defvar emend-task-functions nil
  "Functions called with the plist of a task whenever it changes.")

(defvar emend--tasks nil
  "Alist from task id to the last plist that the server sent of it.")

(defclass emend-server (eglot-lsp-server) ()
  :documentation "An eglot server that is Emend.")

;;;###autoload
(defun emend-setup (modes)
  "Let eglot run Emend for MODES, a list of major modes."
  (add-to-list 'eglot-server-programs `(,modes . (emend-server ,emend-program "lsp"))))

;; What the server says ------------------------------------------------------

(cl-defmethod eglot-client-capabilities :around ((_server emend-server))
  "Announce that the messages below are understood."
  (plist-put (copy-sequence (cl-call-next-method)) :experimental '(:emend t)))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/task)) &rest task)
  "Keep TASK, and show what it does."
  (let ((id (plist-get task :taskId)))
    (setf (alist-get id emend--tasks nil nil #'equal) task)
    (when (and emend-verbose (equal (plist-get task :state) "running")
               (plist-get task :message) (not (minibufferp)))
      (let ((message-log-max nil))
        (message "Emend: %s" (plist-get task :message))))
    (run-hook-with-args 'emend-task-functions task)))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/text)) &key taskId text &allow-other-keys)
  "Append TEXT to the log buffer of the task TASKID."
  (with-current-buffer (get-buffer-create (format "*emend %s*" taskId))
    (save-excursion
      (goto-char (point-max))
      (insert (or text "")))))

;; Changes that wait for a word -------------------------------------------------

(defface emend-hunk '((t :inherit diff-refine-added :extend t))
  "Lines that a task changed, and that were not accepted or rejected yet.")

(defvar-local emend--hunks nil
  "Overlays of the changes that wait in this buffer.")

(defvar emend-hunks-functions nil
  "Functions called in a buffer when changes that wait there come or go.")

(defun emend--path (uri)
  "The file name for URI; eglot renamed its function."
  (if (fboundp 'eglot-uri-to-path)
      (eglot-uri-to-path uri)
    (eglot--uri-to-path uri)))

(defun emend--line (position)
  "The start of the line of the LSP POSITION, in the current buffer."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (point))))

(defun emend--mark (hunk)
  "An overlay for HUNK, which moves with the text."
  (let* ((range (plist-get hunk :range))
         (start (emend--line (plist-get range :start)))
         (end (emend--line (plist-get range :end)))
         (removed (= start end))
         (overlay (make-overlay start end)))
    (overlay-put overlay 'emend-hunk (plist-get hunk :id))
    (unless removed (overlay-put overlay 'face 'emend-hunk))
    (overlay-put overlay 'before-string
                 (propertize " " 'display
                             (list 'left-fringe
                                   (if removed 'bottom-left-angle 'vertical-bar))))
    overlay))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/hunks)) &key uri hunks &allow-other-keys)
  "Show which HUNKS of the file URI wait for a word."
  (let ((buffer (find-buffer-visiting (emend--path uri))))
    (when buffer
      (with-current-buffer buffer
        (mapc #'delete-overlay emend--hunks)
        (setq emend--hunks (mapcar #'emend--mark (append hunks nil)))
        (run-hooks 'emend-hunks-functions)))))

(defun emend--hunk-at-point ()
  "The id of the change that waits on this line, or an error."
  (let ((start (line-beginning-position)) (end (line-end-position)))
    (or (cl-some (lambda (overlay)
                   (when (and (overlay-buffer overlay)
                              (<= (overlay-start overlay) end)
                              (or (< start (overlay-end overlay))
                                  (= start (overlay-start overlay))))
                     (overlay-get overlay 'emend-hunk)))
                 emend--hunks)
        (user-error "Emend: no change waits on this line"))))

(defun emend--choose (prompt options fallback)
  "Ask PROMPT with the list OPTIONS; FALLBACK if the user quits."
  (condition-case nil
      (completing-read prompt options nil t nil nil (car options))
    (quit fallback)))

(cl-defmethod eglot-handle-request
  ((_server emend-server) (_method (eql emend/permission))
   &key title subject reason diff options &allow-other-keys)
  "Ask whether the task may do SUBJECT.  Quitting is a no."
  (let* ((options (append options nil))
         (window (and (stringp diff) (not (string-empty-p diff))
                      (display-buffer
                       (with-current-buffer (get-buffer-create "*emend diff*")
                         (let ((inhibit-read-only t))
                           (erase-buffer)
                           (insert diff)
                           (diff-mode)
                           (current-buffer))))))
         (answer (emend--choose (format "Emend: %s: %s%s " title subject
                                         (if reason (format " (%s)" reason) ""))
                                 options "Deny")))
    (when (window-live-p window) (quit-window nil window))
    (list :title answer)))

(cl-defmethod eglot-handle-request
  ((_server emend-server) (_method (eql emend/question))
   &key text options &allow-other-keys)
  "Pass a question of the model on to the user."
  (let ((options (append options nil)))
    (list :answer (if options
                      (emend--choose (concat text " ") options "")
                    (condition-case nil (read-string (concat text " ")) (quit ""))))))

;; What the user asks ----------------------------------------------------------

(defun emend--server ()
  "The Emend server of this buffer, or an error that says what to do."
  (let ((server (eglot-current-server)))
    (unless (cl-typep server 'emend-server)
      (user-error "Emend does not serve this buffer: see `emend-setup', then M-x eglot"))
    server))

(defun emend--execute (command argument &optional done)
  "Run the server's COMMAND with the plist ARGUMENT, without waiting.
DONE, if given, is called with the result."
  (let ((server (emend--server)))
    (eglot--signal-textDocument/didChange)
    (jsonrpc-async-request
     server :workspace/executeCommand
     (list :command command :arguments (if argument (vector argument) []))
     :success-fn (or done #'ignore)
     :error-fn (lambda (e) (message "Emend: %s" (or (plist-get e :message) e)))
     :timeout 30)))

(defun emend--uri ()
  "The URI of this buffer, as eglot spells it."
  (plist-get (eglot--TextDocumentIdentifier) :uri))

(defun emend--code (instruction)
  "The argument of a code command: whole lines of the region, or the buffer.
Whole lines have no columns, so no encoding to get wrong."
  (append
   (list :uri (emend--uri))
   (when (use-region-p)
     (let ((first (1- (line-number-at-pos (region-beginning) t)))
           (last (save-excursion
                   (goto-char (region-end))
                   (- (line-number-at-pos (point) t) (if (bolp) 1 0)))))
       (list :range (list :start (list :line first :character 0)
                          :end (list :line last :character 0)))))
   (unless (or (null instruction) (string-empty-p instruction))
     (list :instruction instruction))))

;;;###autoload
(defun emend-do (task)
  "Have Emend do TASK, in free text, in this project."
  (interactive "sEmend, do: ")
  (emend--execute "emend.do" (list :task task :uri (emend--uri))))

(defun emend-explain ()
  "Explain the region, or the file."
  (interactive)
  (emend--execute "emend.explain" (emend--code nil)))

(defun emend-refactor (instruction)
  "Refactor the region, or the file, by INSTRUCTION (may be empty)."
  (interactive "sRefactor how (empty: as you see fit): ")
  (emend--execute "emend.refactor" (emend--code instruction)))

(defun emend-add-tests ()
  "Add tests for the region, or the file."
  (interactive)
  (emend--execute "emend.addTests" (emend--code nil)))

(defun emend-document ()
  "Document the region, or the file."
  (interactive)
  (emend--execute "emend.addDocs" (emend--code nil)))

(defun emend-review ()
  "Review the region, or the file."
  (interactive)
  (emend--execute "emend.review" (emend--code nil)))

(defun emend-undo ()
  "Undo what the newest task changed."
  (interactive)
  (emend--execute "emend.undo" '(:task "")))

(defun emend-accept ()
  "Keep the change of Emend on this line."
  (interactive)
  (emend--execute "emend.acceptHunk" (list :id (emend--hunk-at-point))))

(defun emend-reject ()
  "Take back the change of Emend on this line."
  (interactive)
  (emend--execute "emend.rejectHunk" (list :id (emend--hunk-at-point))))

(defun emend-accept-all ()
  "Keep all changes of Emend in this file."
  (interactive)
  (emend--execute "emend.acceptAll" (list :uri (emend--uri))))

(defun emend-reject-all ()
  "Take back all changes of Emend in this file."
  (interactive)
  (emend--execute "emend.rejectAll" (list :uri (emend--uri))))

(defun emend-cancel ()
  "Cancel the tasks that run."
  (interactive)
  (emend--execute "emend.cancel" '(:task "")))

(defun emend-log ()
  "Show what the model said in the newest task."
  (interactive)
  (let ((buffer (and emend--tasks (get-buffer (format "*emend %s*" (caar emend--tasks))))))
    (if buffer (pop-to-buffer buffer) (message "Emend: no task has said anything yet"))))

(defun emend-status ()
  "Show model, sandbox and memory of the server."
  (interactive)
  (jsonrpc-async-request
   (emend--server) :emend/serverStatus eglot--{}
   :success-fn (lambda (s)
                 (message "Emend: model %s, sandbox %s, %.1f MiB"
                          (or (plist-get s :model) "not set") (plist-get s :sandbox)
                          (/ (or (plist-get s :rssBytes) 0) 1048576.0)))
   :error-fn (lambda (e) (message "Emend: %s" (plist-get e :message)))))

(provide 'emend)
;;; emend.el ends here
