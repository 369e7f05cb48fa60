using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Machine.Boot;
using Doppel.Machine.Firmware;
using Doppel.Memory;

namespace Doppel.Machine.Tests.Boot;

/// <summary>Memory without a machine, and images made by hand.</summary>
internal sealed class BootBench : IDisposable
{
    private readonly GuestRam _ram;

    public BootBench(int megabytes)
    {
        _ram = new GuestRam("test", (long)megabytes << 20);
        Map = new MemoryMap((ulong)megabytes << 20);
        Memory = new BootMemory(_ram, Map);
    }

    public MemoryMap Map { get; }

    public BootMemory Memory { get; }

    public static BootRequest Request(string commandLine = "", byte[]? initrd = null, bool unpack = true, bool longMode = true, ulong rsdp = 0) =>
        new(initrd ?? [], commandLine, unpack, longMode, rsdp);

    public CpuEntry Load(byte[] image, BootRequest request) => BootImage.Detect(image).Load(Memory, request);

    public byte[] Bytes(ulong at, int length) => _ram.Read((long)at, length).ToArray();

    public ushort Word(ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(_ram.Read((long)at, 2));

    public uint Dword(ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(_ram.Read((long)at, 4));

    public ulong Qword(ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(_ram.Read((long)at, 8));

    public void Fill(ulong at, int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        _ram.Write((long)at, bytes);
    }

    public string Text(ulong at)
    {
        ReadOnlySpan<byte> bytes = _ram.Read((long)at, 4096);
        return Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
    }

    public void Dispose() => _ram.Dispose();

    /// <summary>A bzImage of protocol 2.15 around <paramref name="payload"/>, which starts 0x40 bytes into the kernel.</summary>
    public static byte[] BzImage(byte[] payload, bool entry64 = false, uint initBytes = 0x20_0000)
    {
        byte[] file = new byte[((0x400 + 0x240 + payload.Length + 15) / 16 * 16)];
        file[0x1F1] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x1F4), (uint)(file.Length - 0x400) / 16);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x1FE), 0xAA55);
        file[0x200] = 0xEB;
        file[0x201] = 0x6A;
        "HdrS"u8.CopyTo(file.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x206), 0x20F);
        file[0x211] = 1 | (1 << 6);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x214), 0x10_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x22C), 0x7FFF_FFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x236), (ushort)(entry64 ? 1 : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x238), 255);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x248), 0x240);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x24C), (uint)payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x258), 0x10_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(0x260), initBytes);
        payload.CopyTo(file, 0x400 + 0x240);
        return file;
    }

    /// <summary>An ELF32 file with one segment of <paramref name="code"/> at <paramref name="at"/> and as many zeros after it; optionally a PVH note.</summary>
    public static byte[] Elf32(byte[] code, uint at, uint? pvhEntry = null)
    {
        byte[] file = new byte[0x100 + code.Length];
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1 }.CopyTo(file, 0);
        Put16(file, 16, 2);
        Put16(file, 18, 3);
        Put32(file, 24, at);
        Put32(file, 28, 52);
        Put16(file, 42, 32);
        Put16(file, 44, (ushort)(pvhEntry is null ? 1 : 2));
        Put32(file, 52, 1);
        Put32(file, 56, 0x100);
        Put32(file, 60, 0xC000_0000 + at);
        Put32(file, 64, at);
        Put32(file, 68, (uint)code.Length);
        Put32(file, 72, (uint)code.Length * 2);
        if (pvhEntry is { } entry)
        {
            Put32(file, 84, 4);
            Put32(file, 88, 0xC0);
            Put32(file, 100, 20);
            Put32(file, 0xC0, 4);
            Put32(file, 0xC4, 4);
            Put32(file, 0xC8, 18);
            "Xen\0"u8.CopyTo(file.AsSpan(0xCC));
            Put32(file, 0xD0, entry);
        }

        code.CopyTo(file, 0x100);
        return file;
    }

    /// <summary>An ELF64 file with one segment.</summary>
    public static byte[] Elf64(byte[] code, ulong at)
    {
        byte[] file = new byte[0x100 + code.Length];
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file, 0);
        Put16(file, 16, 2);
        Put16(file, 18, 62);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), at);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        Put16(file, 54, 56);
        Put16(file, 56, 1);
        Put32(file, 64, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(72), 0x100);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(88), at);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(96), (ulong)code.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(104), (ulong)code.Length);
        code.CopyTo(file, 0x100);
        return file;
    }

    public static void Put16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    public static void Put32(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
}
