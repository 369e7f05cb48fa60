using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>
/// A file that appears whole or not at all: written without a name, and put under its name at once by <see cref="Commit"/>, in place of what stood
/// there. A process that dies before leaves the old file and nothing else. Readable and writable for its owner only. One thread.
/// </summary>
public sealed class ReplacedFile : IDisposable
{
    private readonly string _path;
    private readonly string _folder;
    private string? _temporary;

    /// <summary>Opens a file without a name beside <paramref name="path"/>.</summary>
    /// <exception cref="HostException">The folder is not there or may not be written to.</exception>
    public ReplacedFile(string path)
    {
        _path = Path.GetFullPath(path);
        _folder = Path.GetDirectoryName(_path) ?? throw new HostException($"{path} is not the name of a file; name a file to write");
        if (Directory.Exists(_path))
        {
            throw new HostException($"{path} is a folder; name a file to write");
        }

        int fd = NativeDescriptors.OpenWithMode(_folder, NativeDescriptors.OpenNameless | NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenCloexec, NativeDescriptors.OwnerOnly);
        if (fd < 0)
        {
            // Not every file system has files without names.
            _temporary = TemporaryName();
            fd = NativeDescriptors.OpenWithMode(_temporary, NativeDescriptors.OpenNew | NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenCloexec, NativeDescriptors.OwnerOnly);
            if (fd < 0)
            {
                throw Errno.Failure($"cannot write to the folder {_folder}", Marshal.GetLastPInvokeError(), "name a file in a folder that you may write to");
            }
        }

        Handle = new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>The open file, for writing.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Puts the file under its name. What stood there before is gone for new readers, and whole for those who have it open.</summary>
    /// <exception cref="HostException">The host refused; what stood there is as before.</exception>
    public void Commit()
    {
        if (_temporary is null)
        {
            string name = TemporaryName();
            string self = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Handle.DangerousGetHandle()}");
            if (NativeDescriptors.LinkAt(NativeDescriptors.WorkingFolder, self, NativeDescriptors.WorkingFolder, name, NativeDescriptors.FollowLinks) != 0)
            {
                throw Refused();
            }

            _temporary = name;
        }

        if (NativeDescriptors.Rename(_temporary, _path) != 0)
        {
            throw Refused();
        }

        _temporary = null;
    }

    /// <summary>Closes the file. Without <see cref="Commit"/> before, nothing is left of it.</summary>
    public void Dispose()
    {
        Handle.Dispose();
        if (_temporary is not null)
        {
            _ = NativeDescriptors.Unlink(_temporary);
            _temporary = null;
        }
    }

    private HostException Refused() => Errno.Failure($"cannot give the file its name {_path}", Marshal.GetLastPInvokeError(), "name a file that you may write to");

    private string TemporaryName() => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $".{Path.GetFileName(_path)}.{Entropy.NewSeed():x16}"));
}
