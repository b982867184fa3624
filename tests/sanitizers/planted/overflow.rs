//! Reads one element too far.

fn main() {
    let bytes: Box<[u8]> = vec![1; 16].into();
    let index = 15 + std::env::args().count();
    println!("{}", unsafe { *bytes.as_ptr().add(index) });
}
