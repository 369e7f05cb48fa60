using System;
using System.IO;
using System.IO.Hashing;
using System.Threading;
using Doppel.Host;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Machine;

/// <summary>
/// A snapshot of a machine in a file, opened for making machines from it (<see cref="VirtualMachine(SnapshotFile, MachineSpec)"/>): any number of
/// them, at the same time too, each copy-on-write. Keep it open as long as they live. The file must not be changed meanwhile; replacing it by a
/// new snapshot is fine. Untrusted input: everything is checked. Any thread.
/// </summary>
public sealed class SnapshotFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly SnapshotHeader _header;
    private readonly ulong[] _sums;
    private readonly byte[] _state;

    private SnapshotFile(SafeFileHandle file)
    {
        _file = file;
        byte[] page = new byte[SnapshotHeader.HeaderBytes];
        int read = RandomAccess.Read(file, page, 0);
        long length = RandomAccess.GetLength(file);
        _header = SnapshotHeader.Parse(page.AsSpan(0, read), length);
        _state = ReadPart(_header.State, isSummed: false);
        BinaryStateReader reader = new(_state);
        MachineSpec spec = SpecRecord.Restore(reader, out CpuFeatures features, out bool hasFirmware, out bool hasVideoRom);
        Features = features;
        Spec = hasFirmware ? spec with { Firmware = ReadPart(_header.Kernel, isSummed: true), VideoRom = ReadPart(_header.Initrd, isSummed: true) }
            : hasVideoRom ? spec with { VideoRom = BootMedia.OfKernel(default, ReadPart(_header.Initrd, isSummed: true)).VideoRom }
            : spec;
        if (Spec.MemoryBytes != _header.RamLength)
        {
            throw new StateFormatException("the snapshot is damaged: it holds memory of another length than the machine had");
        }

        _sums = SpecRecord.RestoreSums(RamImage.Chunks(_header.RamLength), reader);
        Ram = MemoryGround.OfFile(file, SnapshotHeader.HeaderBytes, _header.RamLength);
    }

    /// <summary>
    /// The machine that was saved: memory, CPU, boot parameters, time mode, seed. Back-ends, limits and the engine are the restorer's to add.
    /// </summary>
    public MachineSpec Spec { get; }

    /// <summary>What the saved machine's CPU announced.</summary>
    internal CpuFeatures Features { get; }

    /// <summary>The memory.</summary>
    internal MemoryGround Ram { get; }

    /// <summary>Opens a snapshot: reads and checks all but memory and boot files, which <see cref="Verify"/> checks.</summary>
    /// <exception cref="StateFormatException">It is no snapshot, of another version, cut off or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SnapshotFile Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            return new SnapshotFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Compares memory and boot files with their checksums; takes about 50 ms for each 512 MiB in use, so it is done while the machine runs.
    /// </summary>
    /// <exception cref="StateFormatException">They differ: no machine made from this file can be trusted.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public void Verify(CancellationToken stop = default)
    {
        _ = ReadBootMedia();
        MediaImage.Verify(_file, _header.Media);
        RamImage.Verify(Ram, _file, _sums, stop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ram.Dispose();
        _file.Dispose();
    }

    /// <summary>The state stream, behind the spec and the checksums.</summary>
    internal BinaryStateReader ReadState()
    {
        BinaryStateReader reader = new(_state);
        _ = SpecRecord.Restore(reader, out _, out _, out _);
        _ = SpecRecord.RestoreSums(_sums.Length, reader);
        return reader;
    }

    /// <summary>Puts what was changed on media onto those in the drives.</summary>
    /// <exception cref="StateFormatException">It is damaged, or of other media.</exception>
    internal void RestoreMedia(PcHardware hardware) => MediaImage.Restore(hardware, _file, _header.Media);

    /// <summary>The boot files, read when the guest resets itself.</summary>
    /// <exception cref="StateFormatException">They are damaged.</exception>
    internal BootMedia ReadBootMedia()
    {
        byte[] first = ReadPart(_header.Kernel, isSummed: true);
        byte[] second = ReadPart(_header.Initrd, isSummed: true);
        return Spec.HasFirmware ? BootMedia.OfFirmware(first, second)
            : Spec.HasVideoRom ? BootMedia.OfKernel(first, second)
            : new BootMedia(first, second);
    }

    private byte[] ReadPart(FilePart part, bool isSummed)
    {
        byte[] bytes = new byte[part.Length];
        int read = 0;
        while (read < bytes.Length)
        {
            int count = RandomAccess.Read(_file, bytes.AsSpan(read), part.At + read);
            read += count != 0 ? count : throw new StateFormatException("the snapshot was cut off while it was read");
        }

        return !isSummed || XxHash128.HashToUInt128(bytes) == part.Sum ? bytes : throw new StateFormatException("the snapshot is damaged: a boot file in it does not fit its checksum");
    }
}
