using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>
/// The folder with fetched guests: <c>${XDG_CACHE_HOME:-~/.cache}/doppel/guests/NAME-RECIPE</c>. A guest appears there whole, by rename,
/// and is checked against its sums at each use. Many processes may use it at once; one at a time fetches.
/// </summary>
internal sealed class GuestCache
{
    private const string KernelName = "linux";
    private const string InitrdName = "initrd";
    private const string SumsName = "SHA256SUMS";

    private readonly string _folder;

    internal GuestCache(string folder) => _folder = folder;

    /// <summary>The cache of the user who runs us.</summary>
    internal static GuestCache OfUser()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length > 0 ? Path.Combine(home, ".cache") : throw CliException.HostCannot("no home directory for the cache of guests; set XDG_CACHE_HOME");
        }

        return new GuestCache(Path.Combine(cache, "doppel", "guests"));
    }

    /// <summary>The guest's folder: another init script or package list is another folder, so that builds side by side do not fight.</summary>
    internal string FolderOf(GuestDefinition guest)
    {
        byte[] recipe = [.. Encoding.UTF8.GetBytes($"{guest}{GuestDefinition.Suite}{GuestDefinition.ShellPackage}"), .. Initramfs.InitScript()];
        return Path.Combine(_folder, $"{guest.Name}-{Convert.ToHexStringLower(SHA256.HashData(recipe).AsSpan(0, 6))}");
    }

    /// <summary>The guest when it is there and whole, else null.</summary>
    internal GuestFiles? TryOpen(GuestDefinition guest)
    {
        string folder = FolderOf(guest);
        string sums = Path.Combine(folder, SumsName);
        try
        {
            return File.Exists(sums) && File.ReadAllText(sums) == Sums(folder)
                ? new GuestFiles(Path.Combine(folder, KernelName), Path.Combine(folder, InitrdName))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The guest, fetched when it is not there (or when <paramref name="anew"/>).</summary>
    internal GuestFiles Open(GuestDefinition guest, bool anew, Action<string> progress, CancellationToken stop)
    {
        GuestFiles? found = anew ? null : TryOpen(guest);
        if (found is not null)
        {
            return found;
        }

        try
        {
            Directory.CreateDirectory(_folder);
            using FileStream held = Lock(progress, stop);
            found = anew ? null : TryOpen(guest);
            return found ?? Fetch(guest, progress, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw CliException.HostCannot($"cannot write guest \"{guest.Name}\" to {Printable.Line(_folder)}: {Printable.Line(e.Message)}");
        }
    }

    private GuestFiles Fetch(GuestDefinition guest, Action<string> progress, CancellationToken stop)
    {
        SweepLeftovers();
        string work = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $".fetch-{Environment.ProcessId}"));
        try
        {
            progress($"fetching guest \"{guest.Name}\" from Debian's archive (once; about 70 MB)");
            var apt = new AptRoot(Path.Combine(work, "apt"), guest.Architecture, stop);
            progress("reading the package lists");
            apt.Update();
            progress($"downloading {GuestDefinition.ShellPackage}");
            byte[] busybox = DebianPackage.Extract(apt.Download(GuestDefinition.ShellPackage), GuestDefinition.ShellSuffix, stop);
            progress($"downloading {guest.KernelPackage}");
            byte[] kernel = DebianPackage.Extract(apt.Download(guest.KernelPackage), guest.KernelSuffix, stop);
            CheckFormats(guest, kernel, busybox);
            string made = Path.Combine(work, "guest");
            Assemble(made, kernel, Initramfs.Build(busybox));
            return Publish(guest, made, work);
        }
        finally
        {
            Remove(work);
        }
    }

    /// <summary>Writes the files of a guest and their sums to a new folder.</summary>
    internal static void Assemble(string folder, byte[] kernel, byte[] initrd)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, KernelName), kernel);
        File.WriteAllBytes(Path.Combine(folder, InitrdName), initrd);
        File.WriteAllText(Path.Combine(folder, SumsName), Sums(folder));
    }

    internal static void CheckFormats(GuestDefinition guest, byte[] kernel, byte[] busybox)
    {
        // Boot protocol magic "HdrS" at 0x202 (Linux, Documentation/arch/x86/boot.rst); ELF magic and class.
        bool isKernel = kernel.Length > 0x206 && kernel.AsSpan(0x202, 4).SequenceEqual("HdrS"u8);
        bool isProgram = busybox.Length > 52 && busybox.AsSpan(0, 4).SequenceEqual("\u007FELF"u8) && busybox[4] == guest.ElfClass;
        if (!isKernel || !isProgram)
        {
            throw CliException.HostCannot($"the packages of guest \"{guest.Name}\" do not hold what they should ({(isKernel ? GuestDefinition.ShellPackage : guest.KernelPackage)})");
        }
    }

    private GuestFiles Publish(GuestDefinition guest, string made, string work)
    {
        string folder = FolderOf(guest);
        if (Directory.Exists(folder))
        {
            Directory.Move(folder, Path.Combine(work, "old"));
        }

        Directory.Move(made, folder);
        return TryOpen(guest) ?? throw new IOException("the files changed while they were written");
    }

    private FileStream Lock(Action<string> progress, CancellationToken stop)
    {
        bool told = false;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(_folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Path.Combine(_folder, ".lock")))
            {
                if (!told)
                {
                    progress("waiting for another doppel that is fetching");
                    told = true;
                }

                if (stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200)))
                {
                    throw new OperationCanceledException(stop);
                }
            }
        }
    }

    // Only what killed fetches left behind: the lock is held, so no other fetch is at work.
    private void SweepLeftovers()
    {
        foreach (string leftover in Directory.EnumerateDirectories(_folder, ".fetch-*"))
        {
            Remove(leftover);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next fetch sweeps it.
        }
    }

    private static string Sums(string folder)
    {
        var text = new StringBuilder();
        foreach (string name in (IEnumerable<string>)[KernelName, InitrdName])
        {
            using FileStream file = File.OpenRead(Path.Combine(folder, name));
            text.Append(Convert.ToHexStringLower(SHA256.HashData(file))).Append("  ").Append(name).Append('\n');
        }

        return text.ToString();
    }
}
