//! The live view as somebody sees it who watches a cluster on a terminal.

use super::objects;
use super::pseudo_terminal::Terminal;
use super::waiting::{THERE, shop, without_image};
use crate::support::Kind;

#[test]
fn look() {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::unschedulable("shop", "before"));
    let server = world.serve();
    let mut terminal = Terminal::watch(&server.kubeconfig(), "xterm");
    println!("{}", terminal.shows("insufficient-cpu"));
    world.put(Kind::Pod, without_image("lone"));
    println!("=====\n{}", terminal.shows("+ new"));
    terminal.press("\x1b[B\r");
    println!("=====\n{}", terminal.shows("explain"));
    world.remove(Kind::Pod, "shop", "before");
    terminal.press("\x1b");
    println!("=====\n{}", terminal.shows("solved"));
    terminal.press("q");
    println!("===== {:?}\n{}", terminal.ended(), terminal.screen());
    terminal.is_as_before();
    println!("{:?}", terminal.written());
}
