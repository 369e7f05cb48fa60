using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Machine.Tests.Replay;

/// <summary>
/// A kernel that waits in HLT for the 8254's ticks and for bytes on COM1, computes a while after each wake-up, and keeps in memory at which time-stamp
/// each byte came. It sends every byte back; after 'q' it ends the machine with code 42, after 'r' it resets the machine.
/// </summary>
internal static class EchoGuest
{
    /// <summary>Instructions that it runs after each wake-up, about.</summary>
    internal const int WorkInstructions = 6000;

    private const uint CodeAt = 0x10_0020;
    private const uint Gdt = 0x20_0000;
    private const uint Idt = 0x20_1000;
    private const uint Pointers = 0x20_2000;
    private const uint Trace = 0x20_3000;
    private const uint Stack = 0x20_8000;

    /// <summary>The kernel as a multiboot image.</summary>
    /// <param name="pitCount">Ticks of 838 ns from interrupt to interrupt; 0: 65,536; null: the 8254 is left alone.</param>
    internal static byte[] Image(ushort? pitCount = 0)
    {
        // The second pass knows where the first put the handlers.
        uint[] handlers = new uint[2];
        _ = Assemble(pitCount, handlers);
        return TinyGuest.Image(Assemble(pitCount, handlers));
    }

    private static byte[] Assemble(ushort? pitCount, uint[] handlers)
    {
        Assembler a = new(32);
        Label tick = a.CreateLabel();
        Label serial = a.CreateLabel();
        Label loop = a.CreateLabel();
        Label work = a.CreateLabel();
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
        Gate(a, 0x20, handlers[0]);
        Gate(a, 0x24, handlers[1]);
        foreach ((ushort port, byte value) in new (ushort, byte)[]
        {
            (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xEE), (0x3FA, 0x41), (0x3F9, 0x01), (0x3FC, 0x0A),
        })
        {
            a.mov(dx, port);
            a.mov(al, value);
            a.@out(dx, al);
        }

        if (pitCount is { } count)
        {
            foreach ((byte port, byte value) in new (byte, byte)[] { (0x43, 0x34), (0x40, (byte)count), (0x40, (byte)(count >> 8)) })
            {
                a.mov(al, value);
                a.@out(port, al);
            }
        }

        a.sti();
        a.Label(ref loop);
        a.hlt();
        a.mov(ecx, WorkInstructions / 3);
        a.Label(ref work);
        a.add(__dword_ptr[Trace - 8], ecx);
        a.dec(ecx);
        a.jne(work);
        a.jmp(loop);

        a.Label(ref tick);
        a.push(eax);
        a.inc(__dword_ptr[Trace - 4]);
        a.mov(al, 0x20);
        a.@out(0x20, al);
        a.pop(eax);
        a.iretd();
        SerialHandler(a, ref serial);
        using MemoryStream code = new();
        AssemblerResult result = a.Assemble(new StreamCodeWriter(code), CodeAt, BlockEncoderOptions.ReturnNewInstructionOffsets);
        handlers[0] = (uint)result.GetLabelRIP(tick);
        handlers[1] = (uint)result.GetLabelRIP(serial);
        return code.ToArray();
    }

    private static void SerialHandler(Assembler a, ref Label serial)
    {
        Label next = a.CreateLabel();
        Label done = a.CreateLabel();
        Label notEnd = a.CreateLabel();
        Label notReset = a.CreateLabel();
        a.Label(ref serial);
        a.pushad();
        a.mov(ebx, __dword_ptr[Trace - 12]);
        a.Label(ref next);
        a.mov(dx, 0x3FD);
        a.@in(al, dx);
        a.test(al, 1);
        a.je(done);
        a.rdtsc();
        a.mov(__dword_ptr[(ebx * 4) + (int)Trace], eax);
        a.inc(ebx);
        a.and(ebx, 0x3FF);
        a.mov(dx, 0x3F8);
        a.@in(al, dx);
        a.@out(dx, al);
        a.cmp(al, (sbyte)'q');
        a.jne(notEnd);
        a.mov(dx, 0xF4);
        a.mov(al, 42);
        a.@out(dx, al);
        a.Label(ref notEnd);
        a.cmp(al, (sbyte)'r');
        a.jne(notReset);
        a.mov(dx, 0xCF9);
        a.mov(al, 6);
        a.@out(dx, al);
        a.Label(ref notReset);
        a.jmp(next);
        a.Label(ref done);
        a.mov(__dword_ptr[Trace - 12], ebx);
        a.mov(al, 0x20);
        a.@out(0x20, al);
        a.popad();
        a.iretd();
    }

    private static void Store(Assembler a, uint at, ulong value)
    {
        a.mov(__dword_ptr[at], (uint)value);
        a.mov(__dword_ptr[at + 4], (uint)(value >> 32));
    }

    private static void Gate(Assembler a, uint vector, uint handler) =>
        Store(a, Idt + (vector * 8), (handler & 0xFFFF) | 0x8E00_0008_0000UL | ((ulong)(handler >> 16) << 48));
}
