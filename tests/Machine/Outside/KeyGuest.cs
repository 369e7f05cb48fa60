using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Machine.Tests.Outside;

/// <summary>
/// A kernel that waits in HLT for bytes of the keyboard and the mouse, and keeps in memory at which time-stamp each came. It sends every byte to COM1,
/// those of the mouse behind an 'm', after an 'r' once it listens; when Escape is released it ends the machine with code 42.
/// </summary>
internal static class KeyGuest
{
    private const uint CodeAt = 0x10_0020;
    private const uint Gdt = 0x20_0000;
    private const uint Idt = 0x20_1000;
    private const uint Pointers = 0x20_2000;
    private const uint Trace = 0x20_3000;
    private const uint Stack = 0x20_8000;

    /// <summary>The kernel as a multiboot image.</summary>
    internal static byte[] Image()
    {
        uint[] handler = new uint[1];
        _ = Assemble(handler);
        return TinyGuest.Image(Assemble(handler));
    }

    private static byte[] Assemble(uint[] handler)
    {
        Assembler a = new(32);
        Label arrived = a.CreateLabel();
        Label loop = a.CreateLabel();
        a.mov(esp, Stack);
        Store(a, Gdt + 8, 0x00CF_9B00_0000_FFFF);
        Store(a, Gdt + 16, 0x00CF_9B00_0000_FFFF);
        Store(a, Gdt + 24, 0x00CF_9300_0000_FFFF);
        a.mov(__word_ptr[Pointers], 0x1F);
        a.mov(__dword_ptr[Pointers + 2], Gdt);
        a.mov(__word_ptr[Pointers + 8], 0x3FF);
        a.mov(__dword_ptr[Pointers + 10], Idt);
        a.lgdt(__[Pointers]);
        a.lidt(__[Pointers + 8]);
        foreach (uint vector in (uint[])[0x21, 0x2C])
        {
            Store(a, Idt + (vector * 8), (handler[0] & 0xFFFF) | 0x8E00_0008_0000UL | ((ulong)(handler[0] >> 16) << 48));
        }

        // Both interrupt controllers, keyboard and mouse unmasked; the mouse reports.
        foreach ((ushort port, byte value) in new (ushort, byte)[]
        {
            (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xF9), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, 1), (0xA1, 0xEF), (0x64, 0xD4), (0x60, 0xF4), (0x3F8, (byte)'r'),
        })
        {
            a.mov(dx, port);
            a.mov(al, value);
            a.@out(dx, al);
        }

        a.sti();
        a.Label(ref loop);
        a.hlt();
        a.jmp(loop);
        Handler(a, ref arrived);
        using MemoryStream code = new();
        AssemblerResult result = a.Assemble(new StreamCodeWriter(code), CodeAt, BlockEncoderOptions.ReturnNewInstructionOffsets);
        handler[0] = (uint)result.GetLabelRIP(arrived);
        return code.ToArray();
    }

    private static void Handler(Assembler a, ref Label arrived)
    {
        Label key = a.CreateLabel();
        Label done = a.CreateLabel();
        a.Label(ref arrived);
        a.pushad();
        a.mov(ebx, __dword_ptr[Trace - 4]);
        a.rdtsc();
        a.mov(__dword_ptr[(ebx * 4) + (int)Trace], eax);
        a.inc(ebx);
        a.and(ebx, 0x3FF);
        a.mov(__dword_ptr[Trace - 4], ebx);
        a.@in(al, 0x64);
        a.test(al, 0x20);
        a.mov(dx, 0x3F8);
        a.je(key);
        a.mov(al, (sbyte)'m');
        a.@out(dx, al);
        a.@in(al, 0x60);
        a.@out(dx, al);
        a.jmp(done);
        a.Label(ref key);
        a.@in(al, 0x60);
        a.@out(dx, al);
        a.cmp(al, unchecked((sbyte)0x81));
        a.jne(done);
        a.mov(al, 42);
        a.@out(0xF4, al);
        a.Label(ref done);
        a.mov(al, 0x20);
        a.@out(0xA0, al);
        a.@out(0x20, al);
        a.popad();
        a.iretd();
    }

    private static void Store(Assembler a, uint at, ulong value)
    {
        a.mov(__dword_ptr[at], (uint)value);
        a.mov(__dword_ptr[at + 4], (uint)(value >> 32));
    }
}
