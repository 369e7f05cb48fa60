using System;
using System.Buffers.Binary;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Boot;

/// <summary>
/// A bare ELF kernel. With the Xen note PHYS32_ENTRY it starts by the PVH protocol (docs/misc/pvh.pandoc of Xen): 32-bit, EBX = hvm_start_info.
/// Without, it starts at its ELF entry, 64-bit files in long mode with the first 4 GiB mapped to themselves, and ESI or RSI points to Linux'
/// boot_params, which is how an unpacked vmlinux wants it and which any other kernel may ignore.
/// </summary>
internal sealed class ElfImage : BootImage
{
    private const uint StartMagic = 0x336E_C578;
    private const int StartInfoBytes = 56;
    private const int ModuleBytes = 32;
    private const int MapEntryBytes = 24;
    private const int MaxCommandLineBytes = 4095;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ElfFile _elf;

    /// <summary>Reads the ELF headers.</summary>
    public ElfImage(ReadOnlyMemory<byte> file)
    {
        _file = file;
        _elf = new ElfFile(file.Span);
    }

    /// <inheritdoc/>
    public override string Protocol => _elf.PvhEntry is not null ? "PVH" : _elf.Is64 ? "ELF64" : "ELF32";

    /// <inheritdoc/>
    public override CpuEntry Load(BootMemory memory, BootRequest request)
    {
        _elf.Load(_file.Span, memory);
        if (_elf.PvhEntry is not { } entry)
        {
            return LinuxEntry.Make(memory, request, null, _elf.Entry, _elf.Is64);
        }

        return new CpuEntry
        {
            Rip = entry,
            Gdt = BootTables.PlaceGdt(memory, longMode: false),
            Rbx = PlaceStartInfo(memory, request),
            Rsp = BootTables.PlaceStack(memory),
        };
    }

    // struct hvm_start_info version 1, then its module list and memory map (xen/include/public/arch-x86/hvm/start_info.h).
    private static ulong PlaceStartInfo(BootMemory memory, BootRequest request)
    {
        int count = memory.Map.Entries.Count;
        byte[] info = new byte[StartInfoBytes + ModuleBytes + (count * MapEntryBytes)];
        ulong at = memory.TakeLow("the start information", (ulong)info.Length);
        ulong modulesAt = at + StartInfoBytes;
        ulong mapAt = modulesAt + ModuleBytes;
        Write32(info, 0, StartMagic);
        Write32(info, 4, 1);
        if (!request.Initrd.IsEmpty)
        {
            ulong initrd = memory.TakeHigh("the initrd", (ulong)request.Initrd.Length, uint.MaxValue);
            memory.Write(initrd, request.Initrd.Span);
            Write32(info, 12, 1);
            Write64(info, 16, modulesAt);
            Write64(info, StartInfoBytes, initrd);
            Write64(info, StartInfoBytes + 8, (ulong)request.Initrd.Length);
        }

        Write64(info, 24, CommandLine.Place(memory, request.CommandLine, MaxCommandLineBytes));
        Write64(info, 32, request.RsdpAddress);
        Write64(info, 40, mapAt);
        Write32(info, 48, (uint)count);
        for (int i = 0; i < count; i++)
        {
            MemoryMapEntry entry = memory.Map.Entries[i];
            int offset = (int)(mapAt - at) + (i * MapEntryBytes);
            Write64(info, offset, entry.Start);
            Write64(info, offset + 8, entry.Length);
            Write32(info, offset + 16, (uint)entry.Kind);
        }

        memory.Write(at, info);
        return at;
    }

    private static void Write32(byte[] to, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(to.AsSpan(offset), value);

    private static void Write64(byte[] to, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(to.AsSpan(offset), value);
}
