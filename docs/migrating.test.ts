/** Who moves a program from asynchat finds every name of it on the page. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// What `dir()` and `vars()` give on CPython 3.11, without what every object has.
const NAMES: Readonly<Record<string, string>> = {
  "asynchat.async_chat": `_collect_incoming_data _get_data ac_in_buffer_size ac_out_buffer_size
    close_when_done collect_incoming_data discard_buffers encoding found_terminator get_terminator
    initiate_send push push_with_producer set_terminator use_encoding ac_in_buffer incoming
    producer_fifo terminator`,
  "asynchat": "find_prefix_at_end simple_producer",
  "asyncore.dispatcher": `_fileno _map accept accepting add_channel addr bind close closing connect
    connected connecting create_socket debug del_channel handle_accept handle_accepted handle_close
    handle_connect handle_connect_event handle_error handle_expt handle_expt_event handle_read
    handle_read_event handle_write handle_write_event ignore_log_types listen log log_info readable
    recv send set_reuse_addr set_socket socket writable`,
  "asyncore": `ExitNow close_all compact_traceback dispatcher_with_send file_dispatcher file_wrapper
    loop poll poll2 poll3 read readwrite socket_map write`,
};

const page = readFileSync("docs/guide/migrating.md", "utf8");
// The cells on the left of its tables.
const left = [...page.matchAll(/^\| (.*?) \|/gm)].map(({ 1: cell }) => cell).join(" ");

for (const [where, names] of Object.entries(NAMES)) {
  test(`every name of ${where} has its counterpart on the page`, () => {
    const missing = names.split(/\s+/).filter((name) => !new RegExp(`\`${name}[\`(]`).test(left));
    expect(missing).toEqual([]);
  });
}
