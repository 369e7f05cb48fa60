using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Doppel.Cli.Guests;

/// <summary>
/// Writes a cpio archive of the "newc" form that Linux takes as initramfs (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
/// The same calls give the same bytes: no times, no owners but root, inode numbers in order.
/// </summary>
internal sealed class NewcArchive
{
    private const uint Directory = 0x4000;
    private const uint RegularFile = 0x8000;
    private const uint CharacterDevice = 0x2000;

    private readonly Stream _to;
    private uint _inode;
    private long _written;

    internal NewcArchive(Stream to) => _to = to;

    internal void AddDirectory(string name) => Add(name, Directory | 0x1ED, [], 0, 0);

    internal void AddProgram(string name, ReadOnlySpan<byte> content) => Add(name, RegularFile | 0x1ED, content, 0, 0);

    internal void AddCharacterDevice(string name, uint major, uint minor) => Add(name, CharacterDevice | 0x180, [], major, minor);

    /// <summary>Writes the end mark. Nothing may be added afterwards.</summary>
    internal void Finish()
    {
        _inode = 0;
        Add("TRAILER!!!", 0, [], 0, 0);
        Pad(512);
    }

    private void Add(string name, uint mode, ReadOnlySpan<byte> content, uint major, uint minor)
    {
        uint inode = mode == 0 ? 0 : ++_inode;
        uint links = (mode & Directory) != 0 ? 2u : 1u;
        uint[] fields = [inode, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, major, minor, (uint)name.Length + 1, 0];
        var header = new StringBuilder("070701", 110 + name.Length + 1);
        foreach (uint field in fields)
        {
            header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        Write(Encoding.ASCII.GetBytes(header.Append(name).Append('\0').ToString()));
        Pad(4);
        Write(content);
        Pad(4);
    }

    private void Pad(int alignment)
    {
        Span<byte> zeros = stackalloc byte[512];
        zeros.Clear();
        Write(zeros[..(int)(-_written & (alignment - 1))]);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _to.Write(bytes);
        _written += bytes.Length;
    }
}
