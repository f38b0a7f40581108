/* keyring.h - the API key out of the desktop's keyring: the Secret Service (GNOME Keyring, KWallet, KeePassXC) behind
 * libsecret. An item is found by two attributes: service "emend", account: the provider's name.
 *
 * libsecret itself is not loaded. A call of it waits for D-Bus, and for the user who unlocks the keyring; its own way
 * not to wait is GLib's main loop, a second one beside ours, with threads. Its program secret-tool does the same in a
 * child, which the loop does not wait for and which can be killed: it is run as a key command is. */
#ifndef EMEND_MODEL_KEYRING_H
#define EMEND_MODEL_KEYRING_H

#include "agent/model/model.h"
#include "agent/model/providers.h"

/* For key_command_start(): prints the key of this provider, or fails if the keyring has none. In the arena. NULL: there
 * is nothing to ask: the user's setting, no secret-tool on the PATH, or no session bus. Asks nobody. */
const char *keyring_command(const struct model_options *o, const struct provider_row *row,
			    struct arena *a);
/* How the user puts it there; in the arena. */
struct slice keyring_store_hint(const struct provider_row *row, struct arena *a);

#endif
