using System;
using System.Diagnostics;
using System.IO;
using Doppel.Backends.Disk;

namespace Doppel.Backends.Tests.Disk;

public sealed class DiskFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_back_and_stays()
    {
        string path = New("disk.img", 1 << 20);
        using (DiskFile disk = DiskFile.Open(path, readOnly: false))
        {
            Assert.Equal(1 << 20, disk.LengthBytes);
            Assert.False(disk.IsReadOnly);
            Assert.Equal(path, disk.Description);
            Assert.Equal(BlockStatus.Done, disk.Write(4096, "hello"u8));
            Assert.Equal(BlockStatus.Done, disk.Flush());
        }

        using DiskFile again = DiskFile.Open(path, readOnly: true);
        byte[] data = new byte[5];
        Assert.Equal(BlockStatus.Done, again.Read(4096, data));
        Assert.Equal("hello"u8, data);
        Assert.Equal(BlockStatus.ReadOnly, again.Write(0, data));
        Assert.Equal(BlockStatus.Done, again.Flush());
    }

    [Theory]
    [InlineData(-1L, 1)]
    [InlineData(8192L, 1)]
    [InlineData(8191L, 2)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, 1)]
    public void Accesses_that_leave_the_disk_do_nothing(long offset, int length)
    {
        using DiskFile disk = DiskFile.Open(New("disk.img", 8192), readOnly: false);
        using MemoryDisk memory = new(new byte[8192]);
        using OverlayDisk overlay = new(new MemoryDisk(new byte[8192]), _folder);
        foreach (IBlockBackend each in new IBlockBackend[] { disk, memory, overlay })
        {
            Assert.Equal(BlockStatus.OutOfRange, each.Read(offset, new byte[length]));
            Assert.Equal(BlockStatus.OutOfRange, each.Write(offset, new byte[length]));
            Assert.Equal(BlockStatus.Done, each.Read(8192, []));
        }
    }

    [Fact]
    public void What_cannot_be_a_disk_is_refused_with_one_line_that_says_what_to_do()
    {
        Refused(DiskProblem.Missing, Path.Combine(_folder, "nothing"));
        Refused(DiskProblem.Missing, Path.Combine(New("file", 1), "below"));
        Refused(DiskProblem.Folder, _folder);
        Refused(DiskProblem.Folder, _folder, readOnly: true);
        Refused(DiskProblem.Empty, New("empty", 0));
        Refused(DiskProblem.WrongKind, "/dev/null");
    }

    [Fact]
    public void A_file_that_may_only_be_read_says_so()
    {
        string path = New("locked.img", 512);
        Assert.Equal(0, Tool("chmod", "400", path));
        if (Environment.UserName == "root")
        {
            return; // may write anything
        }

        Refused(DiskProblem.Unwritable, path);
        DiskFile.Open(path, readOnly: true).Dispose();
    }

    [Fact]
    public void A_second_writer_is_refused_and_readers_share()
    {
        string path = New("disk.img", 512);
        using (DiskFile writer = DiskFile.Open(path, readOnly: false))
        {
            Refused(DiskProblem.Locked, path);
            Refused(DiskProblem.Locked, path, readOnly: true);
        }

        using DiskFile one = DiskFile.Open(path, readOnly: true);
        using DiskFile two = DiskFile.Open(path, readOnly: true);
        Refused(DiskProblem.Locked, path);
    }

    [Fact]
    public void A_file_that_was_shrunk_meanwhile_fails()
    {
        string path = New("disk.img", 8192);
        using DiskFile disk = DiskFile.Open(path, readOnly: true);
        Assert.Equal(0, Tool("truncate", "-s", "4096", path));
        Assert.Equal(BlockStatus.Done, disk.Read(0, new byte[4096]));
        Assert.Equal(BlockStatus.Failed, disk.Read(4096, new byte[4096]));
    }

    [Fact]
    public void Adv62_probe_raw_headers_of_formats_are_bytes_like_others()
    {
        string path = New("disk.img", 65_536);
        byte[] header = [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 32];
        using (DiskFile disk = DiskFile.Open(path, readOnly: false))
        {
            Assert.Equal(BlockStatus.Done, disk.Write(0, header));
        }

        using DiskFile again = DiskFile.Open(path, readOnly: false);
        Assert.Equal(65_536, again.LengthBytes);
        byte[] data = new byte[header.Length];
        Assert.Equal(BlockStatus.Done, again.Read(0, data));
        Assert.Equal(header, data);
    }

    private static void Refused(DiskProblem problem, string path, bool readOnly = false)
    {
        DiskException error = Assert.Throws<DiskException>(() => DiskFile.Open(path, readOnly));
        Assert.Equal(problem, error.Problem);
        Assert.StartsWith(path, error.Message);
        Assert.Contains(';', error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static int Tool(string name, params string[] arguments)
    {
        using Process process = Process.Start(name, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private string New(string name, long length)
    {
        string path = Path.Combine(_folder, name);
        using FileStream file = File.Create(path);
        file.SetLength(length);
        return path;
    }
}
