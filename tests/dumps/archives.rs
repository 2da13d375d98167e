//! Archives in every form, whole, cut and made to do harm.

use super::make::{
    bytes, cluster_wide, folder, gzip, list, pod, pods, read, read_file, tar, tar_of, typed, yaml,
    zip, zip_end, zip_header, zip_stored,
};
use crate::support::{Gap, Kind};
use std::io::Write;

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("bundle/readme.txt", b"hello".to_vec()),
        ("bundle/logs/", Vec::new()),
        (
            "bundle/yamls/namespaced/shop/v1/pods.yaml",
            yaml(&typed("PodList", &[pod("shop", "web", "n1")])),
        ),
        (
            "bundle/yamls/cluster/v1/nodes.yaml",
            yaml(&typed("NodeList", &[cluster_wide("Node", "n1")])),
        ),
    ]
}

fn xz(plain: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::default();
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn bzip2(plain: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let (first, second) = plain.split_at(plain.len() / 2);
    // as `pzstd` writes it
    let frames = [first, second].map(|part| ruzstd::encoding::compress_to_vec(part, level));
    frames.concat()
}

/// Without folders, which not every maker of archives here can write.
fn plain_files() -> Vec<(&'static str, Vec<u8>)> {
    files()
        .into_iter()
        .filter(|(path, _)| !path.ends_with('/'))
        .collect()
}

#[test]
fn an_archive_is_read_in_every_form() {
    let archive = tar(&plain_files());
    for (form, packed) in [
        ("zip", zip(&files())),
        ("stored zip", zip_stored(&files())),
        ("tar", archive.clone()),
        ("tar.gz", gzip(&archive)),
        ("tar.xz", xz(&archive)),
        ("tar.bz2", bzip2(&archive)),
        ("tar.zst", zstd(&archive)),
        ("tar.xz.gz", gzip(&xz(&archive))),
        ("zip.gz", gzip(&zip(&files()))),
    ] {
        let loaded = read_file(&packed).unwrap_or_else(|error| panic!("{form}: {error:#}"));
        assert_eq!(pods(&loaded), ["shop/web"], "{form}");
        assert!(loaded.store().nodes().get("", "n2").is_absent(), "{form}");
        assert_eq!(loaded.store().gaps(), [] as [&Gap; 0], "{form}");
    }
    let list = bytes(&list(&[pod("shop", "web", "n1")]));
    for packed in [xz(&list), bzip2(&list), zstd(&list)] {
        assert_eq!(pods(&read_file(&packed).unwrap()), ["shop/web"]);
    }
}

#[test]
fn archives_lie_in_archives() {
    let node = zip(&[("var/pods.json", bytes(&list(&[pod("shop", "api", "n1")])))]);
    let mut all = files();
    all.push(("bundle/nodes/n1.zip", node));
    assert_eq!(
        pods(&read_file(&zip(&all)).unwrap()),
        ["shop/api", "shop/web"]
    );
    let sent = tar(&[("bundle.tar.gz", gzip(&tar(&plain_files())))]);
    assert_eq!(pods(&read_file(&sent).unwrap()), ["shop/web"]);
    let folder = folder(&[("a/bundle.zip", zip(&files()))]);
    assert_eq!(pods(&read(&[folder.path()]).unwrap()), ["shop/web"]);
    // as deep as one wishes is not read, and no harm
    let deep = (0..8).fold(zip(&files()), |inner, _| zip(&[("a.zip", inner)]));
    assert!(read_file(&deep).is_err());
}

/// What is said of an archive.
fn said(archive: &[u8]) -> String {
    let error = read_file(archive).expect_err("it cannot be read");
    format!("{error:#}")
}

#[test]
fn a_cut_archive_is_never_taken_for_a_whole_one() {
    let plain = tar(&plain_files());
    for archive in [
        zip(&files()),
        zip_stored(&files()),
        xz(&plain),
        bzip2(&plain),
        zstd(&plain),
    ] {
        for left in [archive.len() - zip_end().len(), archive.len() / 2] {
            let cut = &archive[..left];
            assert!(said(cut).contains("cannot be read"));
            let folder = folder(&[
                ("cut", cut.to_vec()),
                ("pods.json", bytes(&list(&[pod("blog", "api", "n1")]))),
            ]);
            let loaded = read(&[folder.path()]).unwrap();
            assert!(loaded.store().pods().get("blog", "x").is_unknown());
            assert!(
                loaded
                    .store()
                    .gaps()
                    .iter()
                    .any(|gap| gap.kind == Kind::Pod)
            );
        }
    }
}

#[test]
fn what_a_zip_keeps_to_itself_is_a_gap() {
    let secret = |flags, method, size| {
        let mut archive = zip_header("shop/pods.json", flags, method, size, 0);
        archive.extend(vec![7; 30]);
        archive.extend(zip_stored(&files()));
        archive
    };
    for (archive, why) in [
        (secret(1, 8, 30), "it is encrypted"),
        (secret(0, 99, 30), "not packed by deflate"),
    ] {
        let loaded = read_file(&archive).unwrap();
        assert_eq!(pods(&loaded), ["shop/web"]);
        let gaps = loaded.store().gaps();
        assert!(gaps.iter().any(|gap| gap.detail.contains(why)), "{gaps:?}");
    }
    // stored, and the size behind it: nobody can say where it ends
    assert!(said(&secret(8, 0, 0)).contains("the zip archive is damaged"));
}

#[test]
fn a_large_zip_says_its_sizes_elsewhere() {
    let text = bytes(&list(&[pod("shop", "web", "n1")]));
    let mut archive = zip_header("pods.json", 0, 0, u32::MAX, 24);
    archive.extend(b"UT\0\0\x01\0\x10\0");
    archive.extend([(text.len() as u64).to_le_bytes(); 2].concat());
    archive.extend(&text);
    archive.extend(zip_end());
    assert_eq!(pods(&read_file(&archive).unwrap()), ["shop/web"]);
}

#[test]
fn names_that_fill_no_header_are_read_and_bounded() {
    let long = format!("{}/cluster-resources/pods/shop.json", "x".repeat(300));
    let array = serde_json::json!([typed("PodList", &[pod("shop", "web", "n1")])["items"][0]]);
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes(&array).len() as u64);
    builder
        .append_data(&mut header, &long, bytes(&array).as_slice())
        .unwrap();
    let gnu = builder.into_inner().unwrap();
    assert_eq!(pods(&read_file(&gnu).unwrap()), ["shop/web"]);

    let mut builder = tar::Builder::new(Vec::new());
    builder
        .append_pax_extensions([("path", long.as_bytes())])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("short").unwrap();
    header.set_size(bytes(&array).len() as u64);
    header.set_cksum();
    builder.append(&header, bytes(&array).as_slice()).unwrap();
    let pax = builder.into_inner().unwrap();
    assert_eq!(pods(&read_file(&pax).unwrap()), ["shop/web"]);

    for (kind, why) in [
        (b'L', "a name of more than 64 KiB"),
        (b'x', "a name of more than 64 KiB"),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_size(1 << 30);
        header.set_cksum();
        assert!(said(header.as_bytes()).contains(why));
    }
}

#[test]
fn what_is_packed_as_nothing_here_unpacks_is_missed() {
    let of_7z = [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], &[7; 40]].concat();
    let why = "it is a 7z archive: unpack it first, and name what comes out";
    assert!(said(&of_7z).contains(why), "{}", said(&of_7z));
    let pods_of_shop = bytes(&list(&[pod("shop", "web", "n1")]));
    let folder = folder(&[("pods.json", pods_of_shop), ("nodes/more.7z", of_7z)]);
    let loaded = read(&[folder.path()]).unwrap();
    assert_eq!(pods(&loaded), ["shop/web"]);
    let gaps = loaded.store().gaps();
    let is_it = |gap: &&Gap| gap.kind == Kind::Pod && gap.detail.contains(why);
    assert!(gaps.iter().copied().any(|gap| is_it(&gap)), "{gaps:?}");
    // nothing else is in it
    let mut secret = zip_header("shop/pods.json", 1, 8, 30, 0);
    secret.extend(vec![7; 30]);
    secret.extend(zip_end());
    assert!(
        said(&secret).contains("it is encrypted"),
        "{}",
        said(&secret)
    );
}

#[test]
fn when_a_file_was_written_into_an_archive_the_dump_was_not_taken_later() {
    let newest = |archive: &[u8]| {
        let loaded = read_file(archive).unwrap();
        let time = loaded.store().newest().unwrap();
        assert!(!loaded.store().snapshot().clock().exact);
        time.to_string()
    };
    let objects = || {
        vec![
            ("pods.json", bytes(&list(&[pod("shop", "web", "n1")]))),
            ("more.json", bytes(&list(&[pod("blog", "api", "n1")]))),
            ("logs.txt", b"hello".to_vec()),
        ]
    };
    let created = 1_767_225_600;
    for (written, time) in [
        ([600, 660, 7200], "2026-01-01T00:11:00Z"),
        // by who has packed it
        ([600, 600, 600], "2026-01-01T00:00:00Z"),
        ([600, 600_000, 600], "2026-01-01T00:00:00Z"),
    ] {
        let written = written.map(|after| created + after);
        assert_eq!(newest(&tar_of(&objects(), &written)), time);
    }
    // 2026-01-02 00:00 by the clock of somebody
    let mut zip = zip_stored(&objects());
    zip[10..14].copy_from_slice(&[0, 0, 0b0010_0010, 0b0101_1100]);
    assert_eq!(newest(&zip), "2026-01-01T10:00:00Z");
}
