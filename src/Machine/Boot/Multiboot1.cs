using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Boot;

/// <summary>
/// A Multiboot 1 kernel (Multiboot Specification 0.6.96): loaded by its own address fields or as 32-bit ELF, entered in 32-bit mode with
/// EAX = magic and EBX = information. The initial RAM disk becomes the one module. Video modes (flag 2) are a wish that is not granted.
/// </summary>
internal sealed class Multiboot1 : BootImage
{
    private const uint BootMagic = 0x2BAD_B002;
    private const uint RequiredFlags = 0xFFFF;
    private const uint KnownFlags = 0x7;
    private const int InfoBytes = 88;
    private const int ModuleBytes = 16;
    private const int MapEntryBytes = 24;
    private const int MaxCommandLineBytes = 4095;
    private const uint HasMemory = 1 << 0;
    private const uint HasCommandLine = 1 << 2;
    private const uint HasModules = 1 << 3;
    private const uint HasMemoryMap = 1 << 6;
    private const uint HasLoaderName = 1 << 9;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly MultibootHeader _header;

    /// <summary>Takes a file and the header found in it.</summary>
    public Multiboot1(ReadOnlyMemory<byte> file, MultibootHeader header)
    {
        _file = file;
        _header = header;
        if ((header.Flags & RequiredFlags & ~KnownFlags) != 0)
        {
            throw new BootException($"the multiboot kernel requires features {header.Flags & RequiredFlags & ~KnownFlags:X} that this loader does not have; use another kernel");
        }
    }

    /// <inheritdoc/>
    public override string Protocol => "Multiboot 1";

    /// <inheritdoc/>
    public override CpuEntry Load(BootMemory memory, BootRequest request)
    {
        ulong entry = (_header.Flags & MultibootHeader.HasAddresses) != 0 ? LoadByAddresses(memory) : LoadElf(memory);
        return new CpuEntry
        {
            Rip = entry,
            Gdt = BootTables.PlaceGdt(memory, longMode: false),
            Rax = BootMagic,
            Rbx = PlaceInformation(memory, request),
            Rsp = BootTables.PlaceStack(memory),
        };
    }

    private ulong LoadElf(BootMemory memory)
    {
        if (!ElfFile.Recognises(_file.Span))
        {
            throw MultibootHeader.Damaged("it has no addresses and is no ELF file");
        }

        ElfFile elf = new(_file.Span);
        if (elf.Is64)
        {
            throw new BootException("the multiboot kernel is a 64-bit ELF without load addresses; use one with a 32-bit ELF header");
        }

        elf.Load(_file.Span, memory);
        return elf.Entry;
    }

    private uint LoadByAddresses(BootMemory memory)
    {
        long textOffset = _header.Offset - ((long)_header.HeaderAddress - _header.LoadAddress);
        long loadBytes = _header.LoadEnd == 0 ? _file.Length - textOffset : (long)_header.LoadEnd - _header.LoadAddress;
        if (_header.HeaderAddress < _header.LoadAddress || textOffset < 0 || loadBytes <= 0 || loadBytes > _file.Length - textOffset)
        {
            throw MultibootHeader.Damaged("its load addresses do not fit the file");
        }

        ulong loadEnd = _header.LoadAddress + (ulong)loadBytes;
        ulong end = Math.Max(loadEnd, _header.BssEnd);
        memory.Take("the kernel", _header.LoadAddress, end - _header.LoadAddress);
        memory.Write(_header.LoadAddress, _file.Span.Slice((int)textOffset, (int)loadBytes));
        memory.Zero(loadEnd, end - loadEnd);
        return _header.Entry;
    }

    private static ulong PlaceInformation(BootMemory memory, BootRequest request)
    {
        ReadOnlySpan<byte> loaderName = "Doppel\0"u8;
        IReadOnlyList<MemoryMapEntry> map = memory.Map.Entries;
        int mapBytes = map.Count * MapEntryBytes;
        byte[] info = new byte[InfoBytes + ModuleBytes + mapBytes + loaderName.Length];
        ulong at = memory.TakeLow("the multiboot information", (ulong)info.Length);
        uint modulesAt = (uint)at + InfoBytes;
        uint mapAt = modulesAt + ModuleBytes;
        uint nameAt = mapAt + (uint)mapBytes;
        uint flags = HasMemory | HasCommandLine | HasMemoryMap | HasLoaderName;
        Write32(info, 4, (uint)(MemoryMap.ExtendedBiosData >> 10));
        Write32(info, 8, (uint)((memory.Map.LowBytes - MemoryMap.OneMiB) >> 10));
        Write32(info, 16, (uint)CommandLine.Place(memory, request.CommandLine, MaxCommandLineBytes));
        if (!request.Initrd.IsEmpty)
        {
            ulong initrd = memory.TakeHigh("the initrd", (ulong)request.Initrd.Length, uint.MaxValue);
            memory.Write(initrd, request.Initrd.Span);
            flags |= HasModules;
            Write32(info, 20, 1);
            Write32(info, 24, modulesAt);
            Write32(info, InfoBytes, (uint)initrd);
            Write32(info, InfoBytes + 4, (uint)initrd + (uint)request.Initrd.Length);
        }

        Write32(info, 44, (uint)mapBytes);
        Write32(info, 48, mapAt);
        Write32(info, 64, nameAt);
        Write32(info, 0, flags);
        for (int i = 0; i < map.Count; i++)
        {
            int offset = InfoBytes + ModuleBytes + (i * MapEntryBytes);
            Write32(info, offset, MapEntryBytes - 4); // the size field does not count itself
            BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(offset + 4), map[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(info.AsSpan(offset + 12), map[i].Length);
            Write32(info, offset + 20, (uint)map[i].Kind);
        }

        loaderName.CopyTo(info.AsSpan((int)(nameAt - at)));
        memory.Write(at, info);
        return at;
    }

    private static void Write32(byte[] to, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(to.AsSpan(offset), value);
}
