;;; emend.el --- AI code actions and agent tasks through eglot  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: tools, languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Runs `emend lsp' under eglot for the modes given to `emend-setup', and adds
;; what LSP has no way to ask for: tasks in free text (`emend-do'), questions that
;; stand in a window of their own (`emend-answer'), answers that stream, progress
;; in the echo area, cancel.  Code actions come by `eglot-code-actions' as from
;; any server.
;;
;;   (require 'emend)
;;   (emend-setup '(text-mode org-mode sh-mode))
;;
;; eglot runs one server for a buffer.  To have another language server and Emend,
;; let Emend stand in front of it:
;;
;;   (emend-setup '(c-mode c++-mode) '("clangd"))

;;; Code:

(require 'eglot)
(require 'cl-lib)
(require 'diff-mode)
(require 'flymake)
(require 'seq)
(require 'subr-x)

(defgroup emend nil "AI code actions and agent tasks." :group 'tools)

(defcustom emend-program "emend"
  "The emend program: a name on the PATH, or a whole file name."
  :type 'string)

(defcustom emend-verbose t
  "Whether the echo area shows what a running task does."
  :type 'boolean)

(defcustom emend-old-text t
  "Whether what stood there is shown above each change that waits."
  :type 'boolean)

(defvar emend-task-functions nil
  "Functions called with the plist of a task whenever it changes.")

(defvar emend--tasks nil
  "Alist from task id to the last plist that the server sent of it.
The newest comes first.  Its server is added under :server.")

(defvar emend--questions nil
  "The questions that wait, oldest first, as plists; the first one has the window.")

(defvar emend-mode-line nil
  "What a task does, for the mode line of all windows; nil while none runs.")
(put 'emend-mode-line 'risky-local-variable t)

(defclass emend-server (eglot-lsp-server) ()
  :documentation "An eglot server that is Emend.")

;;;###autoload
(defun emend-setup (modes &optional wrap)
  "Let eglot run Emend for MODES, a list of major modes.
WRAP, if given, is the command line of another language server, a list of
strings: Emend then stands in front of it, and the buffers have both."
  (add-hook 'eglot-managed-mode-hook #'emend--look-for-lost-tasks)
  (add-hook 'eglot-connect-hook #'emend--hear-all)
  (add-to-list 'mode-line-misc-info '(emend-mode-line (" " emend-mode-line " ")))
  (add-to-list 'eglot-server-programs `(,modes . (emend-server ,emend-program "lsp"
                                         ,@(and wrap `("--wrap" "--" ,@wrap))))))

;; What the server says ------------------------------------------------------

(defun emend--hear-all (server)
  "Let every message of SERVER be handled at once; see `emend--filter'."
  (when (cl-typep server 'emend-server)
    (add-function :around (process-filter (jsonrpc--process server)) #'emend--filter)))

;; In jsonrpc before 1.0.24 an answer that a command waits for throws out of the filter.
;; What came along with it would lie there until the server says something more; and if
;; that is a question, it never does.
(defun emend--filter (filter process string)
  "Call FILTER with PROCESS and STRING, and once more if it was left in its midst."
  (let (done)
    (unwind-protect
        (prog1 (funcall filter process string)
          (setq done t))
      (unless done
        (run-at-time 0 nil (lambda ()
                             (when (process-live-p process)
                               (funcall (process-filter process) process ""))))))))

(cl-defmethod eglot-client-capabilities :around ((_server emend-server))
  "Announce that the messages below are understood."
  (plist-put (copy-sequence (cl-call-next-method))
             :experimental '(:emend (:diagnostics t))))

(cl-defmethod eglot-handle-notification
  ((server emend-server) (_method (eql emend/task)) &rest task)
  "Keep TASK of SERVER, and show what it does."
  (let* ((id (plist-get task :taskId))
         (task (append task (list :server server)))
         (words (or (plist-get task :message) (plist-get task :title))))
    (setf (alist-get id emend--tasks nil nil #'equal) task)
    (emend--update-mode-line)
    (when (and emend-verbose (equal (plist-get task :state) "running")
               words (not (active-minibuffer-window)))
      (let ((message-log-max nil))
        (message "%s" (emend--one-line (concat "Emend: " words)))))
    (run-hook-with-args 'emend-task-functions task)))

(defun emend--one-line (text)
  "TEXT as it fits the echo area in one line."
  (truncate-string-to-width (string-trim (replace-regexp-in-string "[ \t\n]+" " " text))
                            (max 40 (1- (frame-width))) nil nil "..."))

(defun emend--update-mode-line ()
  "Update `emend-mode-line' from the tasks and questions of now."
  (let ((running (cl-count-if (lambda (entry) (equal (plist-get (cdr entry) :state) "running"))
                              emend--tasks)))
    (setq emend-mode-line
          (cond (emend--questions (propertize "Emend asks" 'face 'warning
                                              'help-echo "M-x emend-answer goes to the question"))
                ((= running 0) nil)
                ((= running 1) "Emend: running")
                (t (format "Emend: %d running" running))))
    (force-mode-line-update t)))

(cl-defmethod eglot-handle-notification :around
  ((_server emend-server) (_method (eql window/showMessage)) &key type message &allow-other-keys)
  "Say what Emend has to say in one line, unless it is TYPE 1 or 2.
Of another MESSAGE, as of a server behind Emend, eglot takes care."
  (if (not (string-prefix-p "Emend: " (or message "")))
      (cl-call-next-method)
    (message "%s" (if (memq type '(1 2))
                      (propertize message 'face (if (eq type 1) 'error 'warning))
                    (emend--one-line message)))))

(defun emend--look-for-lost-tasks ()
  "Say which tasks were lost because their server has ended."
  (let (lost)
    (dolist (entry emend--tasks)
      (let ((server (plist-get (cdr entry) :server)))
        (when (and (equal (plist-get (cdr entry) :state) "running")
                   (not (jsonrpc-running-p server)))
          (setf (cdr entry) (append '(:state "lost" :message "the server ended") (cdr entry)))
          (push (plist-get (cdr entry) :title) lost)
          (emend--update-mode-line)
          (run-hook-with-args 'emend-task-functions (cdr entry)))))
    (dolist (question emend--questions)
      (unless (jsonrpc-running-p (plist-get question :server))
        (emend--remove question)))
    (when lost
      (message "Emend: the server ended, and with it: %s.  `emend-resume' goes on, `emend-undo' takes back what was changed"
               (mapconcat #'identity lost "; ")))))

;; Answers in text ------------------------------------------------------------

(defun emend--in-code-p (position)
  "Whether POSITION is in a fenced block of code."
  (save-match-data (save-excursion (nth 3 (syntax-ppss position)))))

(defun emend--fences (start end)
  "Make strings of the fenced blocks of code from START to END."
  (goto-char start)
  (while (re-search-forward "^ *\\(`\\)``" end t)
    (put-text-property (match-beginning 1) (match-end 1) 'syntax-table (string-to-syntax "|"))))

(defun emend--outside-code (regexp)
  "A matcher for REGEXP outside of blocks of code."
  (lambda (limit)
    (let (found)
      (while (and (setq found (re-search-forward regexp limit t))
                  (emend--in-code-p (match-beginning 0))))
      found)))

(defvar emend-text-keywords
  (let ((hidden ''(face nil invisible emend-markup)))
    `((,(emend--outside-code "^\\(#+ +\\)\\(.*\\)$") (1 ,hidden) (2 '(:weight bold :height 1.1)))
      (,(emend--outside-code "\\(`\\)\\([^`\n]+\\)\\(`\\)")
       (1 ,hidden) (2 'font-lock-constant-face) (3 ,hidden))
      (,(emend--outside-code "\\(\\*\\*\\)\\([^*\n]+\\)\\(\\*\\*\\)")
       (1 ,hidden) (2 'bold) (3 ,hidden))
      (,(emend--outside-code "\\(\\[\\)\\([^]\n]+\\)\\(](\\([^)\n]+\\))\\)")
       (1 ,hidden) (2 'link) (3 ,hidden))
      ("^ *\\(```.*\\)$" (1 'shadow))))
  "How the Markdown of a model is shown, with the signs hidden.")

(defvar emend-diff-keywords
  '(("^+.*\n?" . 'diff-added) ("^-.*\n?" . 'diff-removed) ("^@@.*\n?" . 'diff-hunk-header)
    ("^\\(?:---\\|\\+\\+\\+\\) .*\n?" (0 'diff-header t)))
  "How the diff of a task is shown.")

(defun emend-follow-link ()
  "Visit the file of the link at point, PATH or PATH:LINE, in another window."
  (interactive)
  (let ((point (point)) (root default-directory) link)
    (save-excursion
      (goto-char (line-beginning-position))
      (while (and (not link) (re-search-forward "\\[[^]\n]+](\\([^)\n]+\\))" (line-end-position) t))
        (when (<= (match-beginning 0) point (match-end 0)) (setq link (match-string 1)))))
    (unless (and link (string-match "\\`\\(.*?\\)\\(?:[:#]L?\\([0-9]+\\)\\)?\\'" link))
      (user-error "No link stands here"))
    (let ((file (expand-file-name (match-string 1 link) root)) (line (match-string 2 link)))
      (cond ((string-match-p "\\`[a-z]+://" link) (browse-url link))
            ((not (file-exists-p file)) (user-error "There is no file %s" file))
            (t (find-file-other-window file)
               (when line
                 (goto-char (point-min))
                 (forward-line (1- (string-to-number line)))))))))

(defvar emend-text-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'emend-follow-link)
    map)
  "Keys of a page with text of Emend.")

(defvar emend-text-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?\" "." table) ; prose: the only strings are blocks of code
    (modify-syntax-entry ?\\ "." table)
    table)
  "The syntax of a page with text of Emend.")

(define-derived-mode emend-text-mode special-mode "Emend"
  "Text of Emend: an answer, a report, or the log of a task.
\\{emend-text-mode-map}"
  (setq font-lock-defaults '(emend-text-keywords t))
  (setq-local syntax-propertize-function #'emend--fences)
  (setq-local font-lock-extra-managed-props '(invisible))
  (add-to-invisibility-spec 'emend-markup)
  (buffer-disable-undo)
  (visual-line-mode 1))

(defvar-local emend--task nil
  "The id of the task whose words stand in this buffer.")

(defun emend--page (id title)
  "The buffer for the words of the task ID, made if it is not there, about TITLE."
  (or (cl-find-if (lambda (buffer) (equal (buffer-local-value 'emend--task buffer) id))
                  (buffer-list))
      (with-current-buffer (generate-new-buffer (format "*Emend: %s*" title))
        (emend-text-mode)
        (setq emend--task id)
        (current-buffer))))

(defun emend--show (buffer)
  "Show BUFFER in a window beside the user's, which stays selected."
  (display-buffer buffer '((display-buffer-reuse-window display-buffer-pop-up-window)
                           (inhibit-same-window . t))))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/text)) &key taskId text &allow-other-keys)
  "Append TEXT to the page of the task TASKID, and show it if that is the answer."
  (let* ((task (alist-get taskId emend--tasks nil nil #'equal))
         (page (emend--page taskId (or (plist-get task :title) taskId))))
    (with-current-buffer page
      (let ((inhibit-read-only t) (first (= (point-min) (point-max))))
        (save-excursion
          (goto-char (point-max))
          (insert (or text "")))
        (when (and first (member (plist-get task :kind) '("explain" "review")))
          (emend--show page))))))

;; Two megabytes are not read and compared while a user types: the server wrote the
;; file from the same words, so that it differs only where they were begun anew, or
;; where something else came too.  Then it is not as long.
(defun emend--came-whole-p (file)
  "Whether the current buffer has as many bytes as FILE."
  (equal (file-attribute-size (file-attributes file)) (1- (position-bytes (point-max)))))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/show)) &key taskId title uri &allow-other-keys)
  "Show the report URI about TITLE, in place of what came of TASKID in pieces."
  (let ((page (emend--page (or taskId uri) title)))
    (with-current-buffer page
      (when (string-prefix-p "Changes of" title)
        (setq font-lock-defaults '(emend-diff-keywords t))
        (font-lock-refresh-defaults))
      ;; Only what differs from what came in pieces is put in: point stays, and the
      ;; lines on the screen are not made anew.
      (let ((inhibit-read-only t) (coding-system-for-read 'utf-8-unix)
            (file (emend--path uri)))
        (unless (emend--came-whole-p file)
          (insert-file-contents file nil nil nil t))))
    (unless (get-buffer-window page t)
      (emend--show page))))

;; Changes that wait for a word -------------------------------------------------

(defface emend-hunk '((t :inherit diff-added :extend t))
  "Lines that a task changed, and that were not accepted or rejected yet.")

(defface emend-old-text '((t :inherit diff-removed :extend t))
  "What stood where a task changed something, and no word was given yet.")

(defconst emend--old-lines 20
  "How many lines of what stood there are shown of one change.")

(defvar-local emend--hunks nil
  "Overlays of the changes that wait in this buffer.")

(defvar emend-hunks-functions nil
  "Functions called in a buffer when changes that wait there come or go.")

(defun emend--path (uri)
  "The file name for URI; eglot renamed its function."
  (funcall (if (fboundp 'eglot-uri-to-path) 'eglot-uri-to-path 'eglot--uri-to-path) uri))

(defun emend--line (position)
  "The start of the line of the LSP POSITION, in the current buffer."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (point))))

(defun emend--old-text (hunk)
  "What HUNK replaced, as lines to be shown above it; empty if there is nothing."
  (let ((old (plist-get hunk :old)))
    (if (or (not emend-old-text) (null old) (string-empty-p old))
        ""
      (let* ((lines (split-string (string-remove-suffix "\n" old) "\n"))
             (more (or (plist-get hunk :oldCut) (> (length lines) emend--old-lines)))
             (shown (seq-take lines emend--old-lines)))
        (concat (propertize (concat (mapconcat #'identity shown "\n") "\n")
                            'face 'emend-old-text)
                (when more
                  (propertize (format "... (%d lines and more)\n" (length lines))
                              'face 'shadow)))))))

(defun emend--mark (hunk start end)
  "An overlay for HUNK from START to END."
  (let ((removed (= start end))
        (overlay (make-overlay start end)))
    (overlay-put overlay 'emend-hunk (plist-get hunk :id))
    (unless removed (overlay-put overlay 'face 'emend-hunk))
    (overlay-put overlay 'before-string
                 (concat (emend--old-text hunk)
                         (propertize " " 'display
                                     (list 'left-fringe
                                           (if removed 'bottom-left-angle 'vertical-bar)))))
    overlay))

(defun emend--marks (hunks)
  "Overlays for HUNKS, a list.
Each line is counted from the one before: from the first of the file, two
thousand of them would stop Emacs for most of a second."
  (let ((at 0))
    (cl-flet ((go (position)
                (let ((line (plist-get position :line)))
                  (when (< line at)
                    (goto-char (point-min))
                    (setq at 0))
                  (unless (= line at) (forward-line (- line at)))
                  (setq at line)
                  (point))))
      (save-excursion
        (save-restriction
          (widen)
          (goto-char (point-min))
          (mapcar (lambda (hunk)
                    (let* ((range (plist-get hunk :range))
                           (start (go (plist-get range :start))))
                      (emend--mark hunk start (go (plist-get range :end)))))
                  hunks))))))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/hunks))
   &key uri hunks from more &allow-other-keys)
  "Show which HUNKS of the file URI wait for a word.
A long list comes in parts: FROM says where one begins, and MORE that another
one follows."
  (let ((buffer (find-buffer-visiting (emend--path uri))))
    (when buffer
      (with-current-buffer buffer
        (unless from
          (mapc #'delete-overlay emend--hunks)
          (setq emend--hunks nil))
        (setq emend--hunks (nconc emend--hunks (emend--marks (append hunks nil))))
        (unless more (run-hooks 'emend-hunks-functions))))))

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

;; Questions -----------------------------------------------------------------------

;; They stand in a window at the bottom that is never selected by itself, so no key
;; that was meant for the text answers one; `emend-answer' goes there.  The request of
;; the server is answered at once with "pending", for eglot runs a handler to its end,
;; and a prompt in the minibuffer would take what is typed.

(defconst emend--question-buffer "*Emend asks*")

(defvar emend-question-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'emend-allow)
    (define-key map (kbd "C-c C-a") #'emend-allow-always)
    (define-key map (kbd "C-c C-k") #'emend-deny)
    (define-key map (kbd "C-c C-r") #'emend-deny-with-reason)
    (define-key map (kbd "RET") #'emend-choose)
    map)
  "Keys of the window with a question.")

(define-derived-mode emend-question-mode special-mode "Emend asks"
  "A question of Emend.
\\{emend-question-mode-map}"
  (setq font-lock-defaults diff-font-lock-defaults)
  ;; They read the other side of a hunk, and run a program for each one that is seen.
  (setq-local diff-refine nil diff-font-lock-syntax nil)
  ;; Nothing of what is asked stands behind the edge, whatever other buffers have.
  (setq-local truncate-lines nil truncate-partial-width-windows nil)
  (setq-local header-line-format
              (substitute-command-keys
               "\\<emend-question-mode-map>\\[emend-allow] allow, \\[emend-deny] deny, \\[emend-deny-with-reason] deny and say why, \\[emend-choose] the choice on the line; M-x emend-answer comes here"))
  (add-hook 'kill-buffer-hook #'emend--question-killed nil t))

(defun emend--question ()
  "The question on the screen, or an error."
  (or (car emend--questions) (user-error "Emend asks nothing")))

(defun emend--remove (question)
  "Forget QUESTION; the next one gets the window."
  (let ((shown (eq question (car emend--questions)))
        (buffer (get-buffer emend--question-buffer)))
    (setq emend--questions (delq question emend--questions))
    (emend--update-mode-line)
    (when (and shown buffer)
      (dolist (window (get-buffer-window-list buffer nil t))
        (ignore-errors (delete-window window)))
      (kill-buffer buffer))
    (when shown (emend--show-question))))

(defun emend--settle (value &optional comment)
  "Answer the question on the screen with VALUE, and COMMENT for the model."
  (let* ((question (emend--question))
         (server (plist-get question :server)))
    (when (jsonrpc-running-p server)
      (jsonrpc-notify server :emend/answer
                      (append
                       (list :question (plist-get question :id)
                             (if (eq (plist-get question :kind) 'permission) :title :answer)
                             value)
                       (and comment (list :comment comment)))))
    (emend--remove question)))

(defun emend--question-killed ()
  "Closing a question is a no."
  (let ((question (car emend--questions)))
    (when (and question (eq (plist-get question :buffer) (current-buffer)))
      (plist-put question :buffer nil)
      (run-at-time 0 nil (lambda ()
                           (when (eq question (car emend--questions))
                             (emend--settle (if (eq (plist-get question :kind) 'permission)
                                                "Deny"
                                              ""))
                             (message "Emend: the question was closed, which is a no")))))))

(defun emend--show-question ()
  "Show the oldest question, if one waits, without selecting its window."
  (when-let ((question (car emend--questions)))
    (let ((buffer (get-buffer-create emend--question-buffer)))
      (unless (eq (plist-get question :buffer) buffer)
        (with-current-buffer buffer
          (let ((inhibit-read-only t))
            (erase-buffer)
            (emend-question-mode)
            (plist-put question :buffer buffer)
            (insert (plist-get question :text) "\n\n")
            (let ((choices (point)))
              (dolist (option (plist-get question :options))
                (insert (propertize (concat "  " option) 'emend-option option) "\n"))
              (unless (plist-get question :options)
                (insert "  (RET takes your answer)\n"))
              (when (plist-get question :diff)
                (insert "\n" (plist-get question :diff)))
              (goto-char choices)))))
      (let ((window (display-buffer-in-side-window
                     buffer '((side . bottom) (slot . 0) (window-height . 0.45)))))
        (when (window-live-p window)
          (set-window-start window (with-current-buffer buffer (point-min)))
          (set-window-point window (with-current-buffer buffer (point)))))
      (unless (active-minibuffer-window)
        (message "Emend asks: M-x emend-answer goes to the question")))))

(defun emend--add-question (question)
  "Put QUESTION behind those that wait."
  (setq emend--questions (append emend--questions (list question)))
  (emend--update-mode-line)
  (emend--show-question)
  (list :pending t))

(cl-defmethod eglot-handle-request
  ((server emend-server) (_method (eql emend/permission))
   &key question title subject reason note diff options &allow-other-keys)
  "Ask whether a task of SERVER may do SUBJECT.
QUESTION is the id of it, TITLE the kind; REASON comes from the model, NOTE from
Emend; DIFF is what would be changed, OPTIONS the choices."
  (emend--add-question
   (list :server server :id question :kind 'permission :buffer nil
         ;; Lines of what is asked about stand indented: none of them can look like one of ours.
         :text (concat "Emend asks: " title
                       (if (string-search "\n" (or subject ""))
                           (concat ":\n\n    " (string-replace "\n" "\n    " subject) "\n")
                         (concat ": " subject))
                       (if note (concat "\nEmend says: " note) "")
                       (if reason (concat "\nThe model says: " reason) ""))
         :diff (and (stringp diff) (not (string-empty-p diff)) diff)
         :options (append options nil))))

(cl-defmethod eglot-handle-request
  ((server emend-server) (_method (eql emend/question))
   &key question text options &allow-other-keys)
  "Pass a QUESTION of the model in SERVER, TEXT with OPTIONS, on to the user."
  (emend--add-question
   (list :server server :id question :kind 'question :buffer nil
         :text (concat "Emend asks: " text) :options (append options nil))))

(cl-defmethod eglot-handle-notification
  ((_server emend-server) (_method (eql emend/questionClosed))
   &key question &allow-other-keys)
  "Nobody waits for the answer to QUESTION any more."
  (dolist (one emend--questions)
    (when (equal (plist-get one :id) question)
      (emend--remove one))))

;;;###autoload
(defun emend-answer ()
  "Go to the window of the question that Emend asks."
  (interactive)
  (emend--question)
  (emend--show-question)
  (select-window (get-buffer-window emend--question-buffer)))

(defun emend--pick (pattern)
  "Answer with the option that matches PATTERN."
  (emend--settle
   (or (cl-find-if (lambda (option) (string-match-p pattern option))
                   (plist-get (emend--question) :options))
       (user-error "That answer is not offered here"))))

(defun emend-allow ()
  "Allow what is asked for, this once."
  (interactive)
  (emend--pick "\\`Allow once\\'"))

(defun emend-allow-always ()
  "Allow what is asked for, and the like, by the widest choice."
  (interactive)
  (emend--pick "\\`Always "))

(defun emend-deny ()
  "Say no to what is asked for."
  (interactive)
  (emend--pick "\\`Deny\\'"))

(defun emend-deny-with-reason (reason)
  "Say no to what is asked for, and tell the model the REASON."
  (interactive (list (read-string "Why not? ")))
  (unless (eq (plist-get (emend--question) :kind) 'permission)
    (user-error "That answer is not offered here"))
  (emend--settle "Deny" reason))

(defun emend-choose ()
  "Answer with the choice on this line."
  (interactive)
  (let ((option (get-text-property (line-beginning-position) 'emend-option)))
    (cond (option (emend--settle option))
          ((plist-get (emend--question) :options) (user-error "No choice stands on this line"))
          (t (emend--settle (read-string "Answer: "))))))

;; What the user asks ----------------------------------------------------------

(defun emend--server ()
  "The Emend server of this buffer, or an error with what to do."
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
INSTRUCTION may be nil.
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

(defun emend--diagnostics (beg end)
  "All problems known to flymake from BEG to END, as LSP has them.
Lines only: no column, so no encoding to get wrong."
  (vconcat
   (mapcar (lambda (diagnostic)
             (let ((line (1- (line-number-at-pos (flymake-diagnostic-beg diagnostic) t))))
               (list :range (list :start (list :line line :character 0)
                                  :end (list :line line :character 0))
                     :severity (pcase (flymake-diagnostic-type diagnostic)
                                 ((or :warning 'eglot-warning) 2)
                                 ((or :note 'eglot-note) 3)
                                 (_ 1))
                     :message (flymake-diagnostic-text diagnostic))))
           (flymake-diagnostics beg end))))

;; Only eglot's own backend is left out: with this server it has nothing to say.
(defun emend--flymake-waits ()
  "Whether flymake is still to check the newest text of this buffer."
  (or (bound-and-true-p flymake-timer)
      (cl-set-difference (remq 'eglot-flymake-backend (flymake-running-backends))
                         (flymake-reporting-backends))))

(cl-defmethod eglot-handle-request
  ((server emend-server) (_method (eql emend/diagnostics)) &key uri &allow-other-keys)
  "Tell a task of SERVER all problems known to flymake in the file URI, or in all."
  (let (files pending)
    (dolist (buffer (if uri
                        (delq nil (list (find-buffer-visiting (emend--path uri))))
                      (eglot--managed-buffers server)))
      (with-current-buffer buffer
        (when (and (bound-and-true-p flymake-mode)
                   (remq 'eglot-flymake-backend (flymake-running-backends)))
          (push (list :uri (emend--uri)
                      :diagnostics (emend--diagnostics (point-min) (point-max)))
                files)
          (when (emend--flymake-waits) (setq pending t)))))
    (append (list :files (vconcat files)) (and pending '(:pending t)))))

(cl-defmethod jsonrpc-connection-send :around
  ((server emend-server) &rest args &key method params &allow-other-keys)
  "Let code actions know all diagnostics; eglot gives a server its own only."
  (if (and (memq method '(:textDocument/codeAction textDocument/codeAction))
           (bound-and-true-p flymake-mode))
      (let* ((range (plist-get params :range))
             (beg (emend--line (plist-get range :start)))
             (end (save-excursion (goto-char (emend--line (plist-get range :end)))
                                  (line-end-position)))
             (context (list :diagnostics (emend--diagnostics beg end)))
             (only (plist-get (plist-get params :context) :only)))
        (when only (setq context (append context (list :only only))))
        (apply #'cl-call-next-method server
               (plist-put (copy-sequence args) :params
                          (plist-put (copy-sequence params) :context context))))
    (cl-call-next-method)))

(defun emend--here (&rest more)
  "The arguments MORE, with the file before the user and the line of point."
  (append more (list :uri (emend--uri)
                     :position (list :line (1- (line-number-at-pos nil t)) :character 0))))

;;;###autoload
(defun emend-do (task)
  "Have Emend do TASK, in free text, in this project."
  (interactive "sEmend, do: ")
  (emend--execute "emend.do" (emend--here :task task)))

;;;###autoload
(defun emend-plan (task)
  "Have Emend make a plan for TASK; nothing is changed before you accept it."
  (interactive "sEmend, plan: ")
  (emend--execute "emend.do" (emend--here :task task :plan t)))

(defun emend-explain ()
  "Explain the region, or the file."
  (interactive)
  (emend--execute "emend.explain" (emend--code nil)))

(defun emend-refactor (instruction)
  "Refactor the region, or the file, by INSTRUCTION (may be empty)."
  (interactive "sRefactor how (empty: as you see fit): ")
  (emend--execute "emend.refactor" (emend--code instruction)))

(defun emend-fix (instruction)
  "Fix the problems of the region, or of this line; INSTRUCTION may say more."
  (interactive "sFix how (empty: as you see fit): ")
  (let ((beg (if (use-region-p) (region-beginning) (line-beginning-position)))
        (end (if (use-region-p) (region-end) (line-end-position))))
    (emend--execute
     "emend.fix"
     (append (list :uri (emend--uri)
                   :range (list :start (list :line (1- (line-number-at-pos beg t)) :character 0)
                                :end (list :line (line-number-at-pos end t) :character 0))
                   :diagnostics (emend--diagnostics beg end))
             (unless (string-empty-p instruction) (list :instruction instruction))))))

(defun emend-add-tests ()
  "Cover the region, or the file, by a test."
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

(defun emend-next (&optional back)
  "Go to the next change of Emend that waits; BACK: to the one before."
  (interactive)
  (let* ((starts (sort (mapcar #'overlay-start (seq-filter #'overlay-buffer emend--hunks)) #'<))
         (here (line-beginning-position))
         (to (if back
                 (car (last (seq-filter (lambda (start) (< start here)) starts)))
               (seq-find (lambda (start) (> start here)) starts))))
    (unless to (user-error "Emend: no change waits %s" (if back "above" "below")))
    (push-mark nil t)
    (goto-char to)))

(defun emend-previous ()
  "Go to the change of Emend above point that waits."
  (interactive)
  (emend-next t))

(defun emend-accept-all ()
  "Keep all that Emend changed in this file."
  (interactive)
  (emend--execute "emend.acceptAll" (list :uri (emend--uri))))

(defun emend-reject-all ()
  "Take back all that Emend changed in this file."
  (interactive)
  (emend--execute "emend.rejectAll" (list :uri (emend--uri))))

(defun emend--newest (state)
  "The plist of the newest task in STATE, or nil."
  (cdr (cl-find-if (lambda (entry) (equal (plist-get (cdr entry) :state) state)) emend--tasks)))

(defun emend-steer (text)
  "Tell the running task TEXT; it hears it at its next step."
  (interactive "sEmend, to the running task: ")
  (let ((task (or (emend--newest "running") (user-error "Emend: no task is running"))))
    (emend--execute "emend.steer" (list :task (plist-get task :taskId) :text text)
                    (lambda (_) (message "Emend: the task hears it at its next step")))))

(defun emend-resume (session)
  "Go on with the task that was lost with its server, or with SESSION, an id."
  (interactive
   (list (or (plist-get (emend--newest "lost") :session)
             (read-string "No task was lost here; the session (`emend sessions' lists them): "))))
  (emend--execute "emend.resume" (list :session session)))

(defun emend-cancel ()
  "Cancel the tasks that run."
  (interactive)
  (emend--execute "emend.cancel" '(:task "")))

(defun emend-log ()
  "Show what the model said in the newest task."
  (interactive)
  (let ((buffer (and emend--tasks
                     (cl-find-if (lambda (buffer)
                                   (equal (buffer-local-value 'emend--task buffer)
                                          (caar emend--tasks)))
                                 (buffer-list)))))
    (if buffer (pop-to-buffer buffer) (message "Emend: no task has said anything yet"))))

(defun emend-diff ()
  "Show what the newest task changed."
  (interactive)
  (emend--execute "emend.diff" '(:task "")))

;; The server answers at once: it contacts nobody for it.
(defun emend--models ()
  "The models that can be chosen, as plists; those that can be used now come first."
  (let ((models (append (plist-get (jsonrpc-request (emend--server) :emend/models eglot--{})
                                   :models)
                        nil)))
    (append (cl-remove-if-not (lambda (m) (plist-get m :ready)) models)
            (cl-remove-if (lambda (m) (plist-get m :ready)) models))))

(defun emend--model-words (model)
  "Window and price of MODEL, and what it lacks."
  (concat (if-let ((window (plist-get model :window)))
              (format "  %gk tokens" (/ window 1000.0))
            "  window not known")
          (if (plist-get model :input)
              (format ", $%g in, $%g out a million" (plist-get model :input)
                      (plist-get model :output))
            ", price not known")
          (cond ((plist-get model :current) "  (current)")
                ((plist-get model :ready) "")
                (t (format "  (%s)" (plist-get model :state))))))

(defun emend-model (name)
  "Have the next tasks work with the model NAME; empty: with that of the settings."
  (interactive
   (let* ((models (mapcar (lambda (m) (cons (plist-get m :id) m)) (emend--models)))
          (completion-extra-properties
           (list :annotation-function
                 (lambda (id) (emend--model-words (cdr (assoc id models)))))))
     (list (completing-read "Model of the next tasks (empty: of the settings): " models))))
  (emend--execute "emend.model" (list :model name)))

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

;; Keys ------------------------------------------------------------------------------

;;;###autoload (autoload 'emend-command-map "emend" nil t 'keymap)
(defvar emend-command-map
  (let ((map (make-sparse-keymap)))
    (pcase-dolist (`(,key . ,command)
                   '(("d" . emend-do) ("p" . emend-plan) ("e" . emend-explain)
                     ("r" . emend-refactor) ("f" . emend-fix) ("t" . emend-add-tests)
                     ("c" . emend-document) ("v" . emend-review) ("q" . emend-answer)
                     ("s" . emend-steer) ("x" . emend-cancel) ("g" . emend-resume)
                     ("u" . emend-undo) ("=" . emend-diff) ("l" . emend-log)
                     ("m" . emend-model) ("i" . emend-status)
                     ("n" . emend-next) ("b" . emend-previous)
                     ("a" . emend-accept) ("k" . emend-reject)
                     ("A" . emend-accept-all) ("K" . emend-reject-all)))
      (define-key map (kbd key) command))
    map)
  "The commands of Emend behind a prefix of yours.")
(fset 'emend-command-map emend-command-map)

(provide 'emend)
;;; emend.el ends here
