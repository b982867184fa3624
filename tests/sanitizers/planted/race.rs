//! Two threads change one number without saying so.

static mut NUMBER: u64 = 0;

fn count() {
    for _ in 0..1000 {
        unsafe { *(&raw mut NUMBER) += 1 };
    }
}

fn main() {
    let other = std::thread::spawn(count);
    count();
    other.join().unwrap();
    println!("{}", unsafe { *(&raw const NUMBER) });
}
