using System.IO;

namespace Doppel.Cli.Guests;

/// <summary>
/// The root file system of a guest: busybox and our init script. Stored, not compressed: inflating it would cost the guest more than
/// reading it costs the host.
/// </summary>
internal static class Initramfs
{
    internal static byte[] Build(byte[] busybox)
    {
        using var buffer = new MemoryStream(busybox.Length + 8192);
        var archive = new NewcArchive(buffer);
        foreach (string directory in (string[])["bin", "dev", "etc", "mnt", "proc", "root", "run", "sys", "tmp"])
        {
            archive.AddDirectory(directory);
        }

        // The kernel opens /dev/console for init before anything can mount devtmpfs.
        archive.AddCharacterDevice("dev/console", 5, 1);
        archive.AddProgram("bin/busybox", busybox);
        archive.AddProgram("init", InitScript());
        archive.Finish();
        return buffer.ToArray();
    }

    internal static byte[] InitScript()
    {
        using Stream script = typeof(Initramfs).Assembly.GetManifestResourceStream("guest-init")!;
        using var copy = new MemoryStream();
        script.CopyTo(copy);
        return copy.ToArray();
    }
}
