using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Cpu;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;

namespace Doppel.Machine.Boot;

/// <summary>
/// The display's part of a PC's start when the host loads the kernel: the adapter is given its addresses, and the processor first runs its BIOS in
/// real mode, as firmware would (PCI Firmware Specification 3.0, 5.2.1.21), sets text mode by it, and then enters the kernel by code of its own. So a
/// kernel finds a screen with letters on it, and everything happens in the guest, counted like the rest.
/// <code>
/// 000  vectors: IRET, but for those that the BIOS takes
/// 400  BIOS data: base memory, where the extended data is
/// 600  the code here, then what it loads
/// 700  stack up to 1000, the lowest address that a kernel may take
/// </code>
/// </summary>
internal static class DisplayStart
{
    /// <summary>First address behind what is used here.</summary>
    public const ulong End = 0x1000;

    /// <summary>Where an adapter's BIOS stands.</summary>
    public const ulong RomAt = 0xC_0000;

    private const int RomMaxBytes = 0x2_0000;
    private const int CodeAt = 0x600;
    private const int InterruptReturnAt = 0x5FF;
    private const int BaseMemoryAt = 0x413;
    private const int ExtendedDataAt = 0x40E;
    private const uint FrameBufferAt = 0xE000_0000;
    private const uint RegistersAt = 0xE100_0000;
    private const ushort AddressPort = 0xCF8;
    private const ushort DataPort = 0xCFC;
    private const uint Enable = 1u << 31;
    private const ushort PortsAndMemory = 3;
    private const byte InterruptReturn = 0xCF;
    private const ushort RealCode = 0x9B;
    private const ushort BigRealData = 0x8093;

    /// <summary>Puts the BIOS and the code that runs it into memory, and gives the adapter its addresses. Call it when the kernel has been loaded.</summary>
    /// <param name="ram">The machine's memory.</param>
    /// <param name="board">Its board, just reset.</param>
    /// <param name="function">Device number times 8 of the adapter on bus 0.</param>
    /// <param name="rom">Its BIOS.</param>
    /// <param name="entry">How to enter the kernel.</param>
    /// <exception cref="BootException">That is no BIOS of an adapter.</exception>
    public static void Place(GuestRam ram, Board board, byte function, ReadOnlySpan<byte> rom, CpuEntry entry)
    {
        if (rom.Length is < 512 or > RomMaxBytes || rom[0] != 0x55 || rom[1] != 0xAA)
        {
            throw new BootException("the display's ROM is none: one begins with 55 AA and has at most 128 KiB; name another file");
        }

        WriteConfig(board, function, 0x10, AccessSize.Dword, FrameBufferAt);
        WriteConfig(board, function, 0x18, AccessSize.Dword, RegistersAt);
        WriteConfig(board, function, 0x04, AccessSize.Word, PortsAndMemory);

        byte[] low = new byte[End];
        for (int vector = 0; vector < 256; vector++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(low.AsSpan(vector * 4), InterruptReturnAt);
        }

        low[InterruptReturnAt] = InterruptReturn;
        BinaryPrimitives.WriteUInt16LittleEndian(low.AsSpan(ExtendedDataAt), (ushort)(Firmware.MemoryMap.ExtendedBiosData >> 4));
        BinaryPrimitives.WriteUInt16LittleEndian(low.AsSpan(BaseMemoryAt), (ushort)(Firmware.MemoryMap.ExtendedBiosData >> 10));
        Code(function, entry).CopyTo(low, CodeAt);
        ram.Write(0, low);
        ram.Write((long)RomAt, rom);
    }

    /// <summary>
    /// Changes a CPU in its reset state so that it begins with this: in "big real mode", where a BIOS reaches registers of its adapter above 1 MiB.
    /// </summary>
    public static void ApplyTo(ref VcpuRecord cpu)
    {
        for (int i = 0; i < 6; i++)
        {
            cpu.Segment[i] = i == 1
                ? new SegmentState { Limit = 0xFFFF, Attributes = RealCode }
                : new SegmentState { Limit = uint.MaxValue, Attributes = BigRealData };
        }

        cpu.Gpr = default;
        cpu.Gpr[4] = End;
        cpu.Rip = CodeAt;
        cpu.Rflags = (ulong)X86.Registers.RFlags.Fixed1;
    }

    // Real mode, then the kernel's: the instructions behind the jump are the same in 32-bit and 64-bit mode.
    private static byte[] Code(byte function, CpuEntry entry)
    {
        List<byte> code =
        [
            0xB8, function, 0x00, // MOV AX, bus and function
            0x9A, 0x03, 0x00, 0x00, 0xC0, // CALL C000:0003, the BIOS's initialisation
            0xB8, 0x03, 0x00, // MOV AX, text mode
            0xCD, 0x10, // INT 10h
            0xFA, 0xFC, // CLI, CLD
            0x31, 0xC0, 0x8E, 0xD8, // XOR AX, AX; MOV DS, AX
        ];
        ulong cr0 = X86.Registers.Cr0.PE | X86.Registers.Cr0.ET;
        if (entry.LongModePageTables is { } root)
        {
            // From real mode to long mode at once.
            cr0 |= X86.Registers.Cr0.PG;
            code.AddRange([0x66, 0xB8, .. Dword(X86.Registers.Cr4.PAE), 0x0F, 0x22, 0xE0]); // MOV EAX, PAE; MOV CR4, EAX
            code.AddRange([0x66, 0xB8, .. Dword(root), 0x0F, 0x22, 0xD8]); // MOV EAX, root; MOV CR3, EAX
            code.AddRange([0x66, 0xB9, .. Dword((uint)X86.Registers.Msr.Efer)]); // MOV ECX, EFER
            code.AddRange([0x66, 0xB8, .. Dword(X86.Registers.Efer.LME), 0x66, 0x31, 0xD2, 0x0F, 0x30]); // MOV EAX, LME; XOR EDX, EDX; WRMSR
        }

        // LGDT, LIDT; MOV EAX, CR0; MOV CR0, EAX; JMP FAR. What the first two load stands behind the code.
        const int TablesBytes = 12;
        int loads = code.Count;
        int far = loads + 6 + 6 + 9 + 8;
        code.AddRange([0x66, 0x0F, 0x01, 0x16, .. Word(CodeAt + far)]);
        code.AddRange([0x66, 0x0F, 0x01, 0x1E, .. Word(CodeAt + far + 6)]);
        code.AddRange([0x66, 0xB8, .. Dword(cr0), 0x0F, 0x22, 0xC0]);
        code.AddRange([0x66, 0xEA, .. Dword((uint)(CodeAt + far + TablesBytes)), .. Word(BootTables.CodeSelector)]);
        code.AddRange([.. Word(BootTables.GdtBytes - 1), .. Dword(entry.Gdt), 0, 0, 0, 0, 0, 0]);

        code.AddRange([0xB9, .. Dword(BootTables.DataSelector)]);
        foreach (byte segment in (ReadOnlySpan<byte>)[0xD9, 0xC1, 0xD1, 0xE1, 0xE9])
        {
            code.AddRange([0x8E, segment]); // MOV DS, ES, SS, FS, GS from CX
        }

        code.AddRange([0xB8, .. Dword(entry.Rax), 0xBB, .. Dword(entry.Rbx), 0xBC, .. Dword(entry.Rsp), 0xBE, .. Dword(entry.Rsi)]);
        code.AddRange([0x31, 0xC9, 0x31, 0xD2, 0x31, 0xFF, 0x31, 0xED]); // XOR of ECX, EDX, EDI, EBP
        if (entry.LongModePageTables is null)
        {
            code.AddRange([0xE9, .. Dword((uint)entry.Rip - (uint)(CodeAt + code.Count + 5))]);
        }
        else
        {
            code.AddRange([0xFF, 0x25, 0, 0, 0, 0, .. Dword(entry.Rip), .. Dword(entry.Rip >> 32)]); // JMP to the address that follows
        }

        return [.. code];
    }

    private static byte[] Word(int value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] Dword(ulong value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];

    private static void WriteConfig(Board board, byte function, int register, AccessSize size, ulong value)
    {
        board.Ports.Write(AddressPort, AccessSize.Dword, Enable | ((uint)function << 8) | (uint)register);
        board.Ports.Write(DataPort, size, value);
    }
}
