# Neovim closes the pipe without a word: that is an exit too.
init nvim-0.12
--> {"id":1,"method":"emend/tasks"}
<-- {"id":1,"result":{"tasks":[]}}
eof
exit 1
stderr without a shutdown
