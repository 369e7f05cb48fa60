using System;
using System.IO;
using System.IO.Hashing;
using Doppel.Host;
using Doppel.Machine.Snapshot;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Machine;

/// <summary>Writes snapshot files. The file is whole or not there, whenever the process dies; a full disk or a crash of the host may leave the old one.</summary>
internal static class SnapshotWriter
{
    /// <summary>Writes the machine's state to <paramref name="path"/>. The machine stands still meanwhile.</summary>
    /// <exception cref="HostException">The file cannot be written.</exception>
    public static void Write(VirtualMachine machine, string path)
    {
        using ReplacedFile file = new(path);
        try
        {
            Write(machine, file.Handle);
        }
        catch (Exception e) when ((e is AggregateException many ? many.InnerException : e) is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"cannot write the snapshot {path}: {e.GetBaseException().Message.ReplaceLineEndings(" ")}; make room or name another file");
        }

        file.Commit();
    }

    private static void Write(VirtualMachine machine, SafeFileHandle file)
    {
        long at = SnapshotHeader.HeaderBytes + machine.Spec.MemoryBytes;
        ulong[] sums = RamImage.Write(machine.Hardware.Ram, file, SnapshotHeader.HeaderBytes);
        BootMedia media = machine.ReadBootMedia();
        FilePart kernel = WritePart(file, ref at, media.First.Span, isSummed: true);
        FilePart initrd = WritePart(file, ref at, media.Second.Span, isSummed: true);
        FilePart changes = MediaImage.Write(machine.Hardware, file, at);
        at = changes.End;
        using MemoryStream stream = new();
        using (BinaryStateWriter writer = new(stream))
        {
            SpecRecord.Save(machine.Spec with { Drives = [.. machine.Hardware.Media] }, machine.CpuModel, writer);
            SpecRecord.SaveSums(sums, writer);
            machine.SaveWithoutRam(writer);
            _ = writer.Finish();
        }

        FilePart state = WritePart(file, ref at, stream.GetBuffer().AsSpan(0, (int)stream.Length), isSummed: false);
        SnapshotHeader header = new() { FileLength = at, RamLength = machine.Spec.MemoryBytes, Kernel = kernel, Initrd = initrd, Media = changes, State = state };
        RandomAccess.SetLength(file, at);
        RandomAccess.Write(file, header.ToBytes(), 0);
    }

    private static FilePart WritePart(SafeFileHandle file, ref long at, ReadOnlySpan<byte> bytes, bool isSummed)
    {
        FilePart part = new(at, bytes.Length, isSummed ? XxHash128.HashToUInt128(bytes) : UInt128.Zero);
        RandomAccess.Write(file, bytes, at);
        at = part.End;
        return part;
    }
}
