using System;
using System.IO;
using Doppel.Host;

namespace Doppel.Backends.Disk;

/// <summary>
/// Snapshot mode: a disk that can be written while what lies below stays as it is. Changed blocks of 4 KiB live at their own place in a sparse
/// file without a name, which is gone with the process. They can be listed, forgotten and copied into an overlay of its own.
/// One thread, but for reads of what lies below by other overlays.
/// </summary>
public sealed class OverlayDisk : IOverlayMedium
{
    /// <summary>Bytes that are kept as one.</summary>
    public const int BlockBytes = ChangedBlocks.BlockBytes;

    private const int BlocksPerRun = IOverlayMedium.MostRunBytes / BlockBytes;

    private readonly DiskGround _ground;
    private readonly HostFile _changes;
    private readonly ChangedBlocks _changed;
    private readonly byte[] _block = new byte[BlockBytes];
    private readonly string _folder;
    private bool _disposed;

    /// <summary>Lies over <paramref name="below"/>, which is disposed with the last overlay over it and never written.</summary>
    /// <param name="below">What unchanged blocks show.</param>
    /// <param name="folder">Where changes are kept; null: the user's folder for temporary files.</param>
    /// <exception cref="HostException">No temporary file can be made.</exception>
    public OverlayDisk(IBlockBackend below, string? folder = null)
        : this(new DiskGround(below), folder ?? Path.GetTempPath())
    {
    }

    private OverlayDisk(DiskGround below, string folder)
    {
        _ground = below;
        _folder = folder;
        _changes = HostFile.Nameless(folder);
        _changed = new ChangedBlocks(LengthBytes);
    }

    /// <inheritdoc/>
    public long LengthBytes => _ground.Disk.LengthBytes;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public string Description => _ground.Disk.Description + " (changes are discarded)";

    /// <summary>How many blocks were changed.</summary>
    public long ChangedBlockCount => _changed.Count;

    /// <inheritdoc/>
    public BlockStatus Read(long offset, Span<byte> to)
    {
        if (!Fits(offset, to.Length))
        {
            return BlockStatus.OutOfRange;
        }

        while (to.Length > 0)
        {
            // As many blocks of one kind as follow one another.
            long number = offset / BlockBytes;
            bool isChanged = _changed[number];
            long end = (number + 1) * BlockBytes;
            while (end < offset + to.Length && _changed[end / BlockBytes] == isChanged)
            {
                end += BlockBytes;
            }

            Span<byte> part = to[..(int)Math.Min(end - offset, to.Length)];
            BlockStatus status = isChanged ? DiskFile.Status(_changes.TryRead(offset, part)) : _ground.Disk.Read(offset, part);
            if (status != BlockStatus.Done)
            {
                return status;
            }

            to = to[part.Length..];
            offset += part.Length;
        }

        return BlockStatus.Done;
    }

    /// <inheritdoc/>
    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        if (!Fits(offset, from.Length))
        {
            return BlockStatus.OutOfRange;
        }

        while (from.Length > 0)
        {
            long number = offset / BlockBytes;
            int into = (int)(offset % BlockBytes);
            int whole = from.Length / BlockBytes * BlockBytes;
            ReadOnlySpan<byte> part = from[..(into == 0 && whole > 0 ? whole : Math.Min(BlockBytes - into, from.Length))];
            BlockStatus status = part.Length >= BlockBytes || _changed[number] ? Keep(offset, part) : Change(number, into, part);
            if (status != BlockStatus.Done)
            {
                return status;
            }

            from = from[part.Length..];
            offset += part.Length;
        }

        return BlockStatus.Done;
    }

    /// <summary>Does nothing: what will be discarded need not survive.</summary>
    public BlockStatus Flush() => BlockStatus.Done;

    /// <inheritdoc/>
    public bool NextChange(long from, out long start, out int length)
    {
        bool any = _changed.NextRun((from + BlockBytes - 1) / BlockBytes, BlocksPerRun, out long block, out int blocks);
        start = block * BlockBytes;
        length = any ? (int)Math.Min((long)blocks * BlockBytes, LengthBytes - start) : 0;
        return any;
    }

    /// <inheritdoc/>
    public void DiscardChanges() => _changed.Clear();

    /// <summary>An overlay of its own over the same disk with the same changes. Costs a copy of what was changed.</summary>
    /// <exception cref="HostException">The host has no room for it.</exception>
    public OverlayDisk Fork()
    {
        OverlayDisk fork = new(_ground.Share(), _folder);
        try
        {
            byte[] data = new byte[BlocksPerRun * BlockBytes];
            for (long at = 0; NextChange(at, out long start, out int length); at = start + length)
            {
                if (_changes.TryRead(start, data.AsSpan(0, length)) != FileOutcome.Done)
                {
                    throw new HostException($"cannot read the changes of {_ground.Disk.Description} back; check the disk that holds {_folder}");
                }

                fork.MustKeep(start, data.AsSpan(0, length));
            }

            return fork;
        }
        catch (HostException)
        {
            fork.Dispose();
            throw;
        }
    }

    IOverlayMedium IOverlayMedium.Fork() => Fork();

    /// <summary>Discards the changes and lets go of what lies below.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _changes.Dispose();
            _ground.Release();
        }
    }

    private void MustKeep(long offset, ReadOnlySpan<byte> data)
    {
        if (Keep(offset, data) != BlockStatus.Done)
        {
            throw new HostException($"no room in {_folder} for the changes of {_ground.Disk.Description}; free some, or set TMPDIR to a folder with more");
        }
    }

    // A part of a block that still shows what lies below: the rest of it comes along.
    private BlockStatus Change(long number, int into, ReadOnlySpan<byte> part)
    {
        long start = number * BlockBytes;
        Span<byte> block = _block.AsSpan(0, (int)Math.Min(BlockBytes, LengthBytes - start));
        BlockStatus status = _ground.Disk.Read(start, block);
        if (status != BlockStatus.Done)
        {
            return status;
        }

        part.CopyTo(block[into..]);
        return Keep(start, block);
    }

    private BlockStatus Keep(long offset, ReadOnlySpan<byte> data)
    {
        BlockStatus status = DiskFile.Status(_changes.TryWrite(offset, data));
        if (status == BlockStatus.Done)
        {
            for (long number = offset / BlockBytes; number * BlockBytes < offset + data.Length; number++)
            {
                _changed.Add(number);
            }
        }

        return status;
    }

    private bool Fits(long offset, int length) => offset >= 0 && offset <= LengthBytes - length;
}
