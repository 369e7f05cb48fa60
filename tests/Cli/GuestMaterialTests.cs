using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Doppel.Cli.Guests;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Tests;

/// <summary>How guests are made: mirrors, archives, cache. Nothing here needs a network.</summary>
public sealed class GuestMaterialTests
{
    private static readonly GuestDefinition Debian = GuestCatalogue.Find("debian");

    [Fact]
    public void Mirrors_come_from_one_line_sources()
    {
        var mirrors = new List<string>();
        AptSources.FromLines(
            [
                "# deb http://commented.example/debian bookworm main",
                "deb cdrom:[Debian 12]/ bookworm main",
                "deb [signed-by=/k.gpg arch=amd64] http://first.example/debian/ bookworm main contrib",
                "deb\thttp://first.example/debian bookworm-updates main",
                "deb-src http://source.example/debian bookworm main",
                "deb http://security.example/debian-security bookworm-security main",
                "deb http://other.example/apt stable main",
                "deb [broken",
            ],
            mirrors);
        Assert.Equal(["http://first.example/debian"], mirrors);
    }

    [Fact]
    public void Mirrors_come_from_stanzas()
    {
        var mirrors = new List<string>();
        AptSources.FromStanzas(
            [
                "Types: deb deb-src", "# a note", "URIs: http://a.example/debian", "  http://b.example/debian/", "Suites: bookworm", string.Empty,
                "Types: deb", "URIs: http://off.example/debian", "Enabled: no", string.Empty,
                "Types: deb-src", "URIs: http://source.example/debian", string.Empty,
                "Types: deb", "URIs: mirror+file:/etc/apt/mirrors/debian.list", "Suites: bookworm",
            ],
            mirrors);
        Assert.Equal(["http://a.example/debian", "http://b.example/debian", "mirror+file:/etc/apt/mirrors/debian.list"], mirrors);
    }

    [Fact]
    public void A_machine_without_apt_has_no_mirrors() => Assert.Empty(AptSources.Mirrors("/nonexistent"));

    [Fact]
    public void The_archive_is_what_Linux_reads()
    {
        using var buffer = new MemoryStream();
        var archive = new NewcArchive(buffer);
        archive.AddDirectory("bin");
        archive.AddCharacterDevice("dev/console", 5, 1);
        archive.AddProgram("init", "hello"u8);
        archive.Finish();

        List<(string Name, uint[] Fields, byte[] Content)> entries = Read(buffer.ToArray());
        Assert.Equal(["bin", "dev/console", "init", "TRAILER!!!"], entries.Select(e => e.Name));
        Assert.Equal(0x41EDu, entries[0].Fields[1]);
        Assert.Equal(0x2180u, entries[1].Fields[1]);
        Assert.Equal([5u, 1u], entries[1].Fields[9..11]);
        Assert.Equal(0x81EDu, entries[2].Fields[1]);
        Assert.Equal("hello"u8.ToArray(), entries[2].Content);
        Assert.Equal(0, buffer.Length % 512);
        Assert.Equal(3, entries.Take(3).Select(e => e.Fields[0]).Distinct().Count());
    }

    [Fact]
    public void The_initramfs_holds_a_console_busybox_and_init()
    {
        List<(string Name, uint[] Fields, byte[] Content)> entries = Read(Initramfs.Build([1, 2, 3]));
        Assert.Contains(entries, e => e.Name == "dev/console");
        Assert.Equal([1, 2, 3], entries.Single(e => e.Name == "bin/busybox").Content);
        string init = Encoding.ASCII.GetString(entries.Single(e => e.Name == "init").Content);
        Assert.StartsWith("#!/bin/busybox sh\n", init, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', init);
        Assert.Equal(Initramfs.Build([9]), Initramfs.Build([9]));
    }

    [Fact]
    public void A_file_is_taken_out_of_a_package()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "./bin/"));
            writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "./x/bin/busybox") { LinkName = "other" });
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "./bin/busybox") { DataStream = new MemoryStream([7, 8]) });
        }

        tar.Position = 0;
        Assert.Equal([7, 8], DebianPackage.Find(tar, "/bin/busybox"));
        tar.Position = 0;
        Assert.Null(DebianPackage.Find(tar, "/bin/bash"));
    }

    [Fact]
    public void A_guest_in_the_cache_is_used_without_fetching()
    {
        using var folder = new TemporaryFolder();
        var cache = new GuestCache(folder.Path);
        Assert.Null(cache.TryOpen(Debian));
        GuestCache.Assemble(cache.FolderOf(Debian), [1, 2], [3]);
        GuestFiles files = cache.Open(Debian, anew: false, Assert.Fail, CancellationToken.None);
        Assert.Equal([1, 2], File.ReadAllBytes(files.KernelPath));
        Assert.Equal([3], File.ReadAllBytes(files.InitrdPath));
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("initrd")]
    [InlineData("SHA256SUMS")]
    public void A_damaged_guest_is_not_used(string victim)
    {
        using var folder = new TemporaryFolder();
        var cache = new GuestCache(folder.Path);
        GuestCache.Assemble(cache.FolderOf(Debian), [1, 2], [3]);
        string path = Path.Combine(cache.FolderOf(Debian), victim);
        byte[] content = File.ReadAllBytes(path);
        content[0] ^= 1;
        File.WriteAllBytes(path, content);
        Assert.Null(cache.TryOpen(Debian));
        File.Delete(path);
        Assert.Null(cache.TryOpen(Debian));
    }

    [Fact]
    public void Wrong_files_in_packages_are_noticed()
    {
        byte[] kernel = new byte[0x300];
        "HdrS"u8.CopyTo(kernel.AsSpan(0x202));
        byte[] program = new byte[64];
        "\u007FELF\u0001"u8.CopyTo(program);
        GuestCache.CheckFormats(Debian, kernel, program);
        Assert.Equal(5, Assert.Throws<CliException>(() => GuestCache.CheckFormats(Debian, new byte[0x300], program)).ExitCode);
        Assert.Equal(5, Assert.Throws<CliException>(() => GuestCache.CheckFormats(GuestCatalogue.Find("debian64"), kernel, program)).ExitCode);
        Assert.Equal(5, Assert.Throws<CliException>(() => GuestCache.CheckFormats(Debian, [], [])).ExitCode);
    }

    [Fact]
    public void A_missing_program_is_the_hosts_fault()
    {
        CliException error = Assert.Throws<CliException>(() => OutsideProgram.Run("doppel-no-such-program", [], "/", null, CancellationToken.None));
        Assert.Equal(5, error.ExitCode);
    }

    [Fact]
    public void A_hanging_program_ends_with_the_run()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.Throws<OperationCanceledException>(() => OutsideProgram.Run("sleep", ["60"], "/", null, stop.Token));
    }

    private static List<(string Name, uint[] Fields, byte[] Content)> Read(byte[] archive)
    {
        var entries = new List<(string, uint[], byte[])>();
        for (int at = 0; entries.Count == 0 || entries[^1].Item1 != "TRAILER!!!";)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            uint[] fields = [.. Enumerable.Range(0, 13).Select(i => Convert.ToUInt32(Encoding.ASCII.GetString(archive, at + 6 + (8 * i), 8), 16))];
            string name = Encoding.ASCII.GetString(archive, at + 110, (int)fields[11] - 1);
            Assert.Equal(0, archive[at + 110 + (int)fields[11] - 1]);
            at = (at + 110 + (int)fields[11] + 3) & ~3;
            byte[] content = archive[at..(at + (int)fields[6])];
            at = (at + content.Length + 3) & ~3;
            entries.Add((name, fields, content));
        }

        return entries;
    }
}
