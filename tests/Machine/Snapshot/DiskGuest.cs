using System.IO;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>
/// A kernel that switches the IDE function on and without end writes a sector to the primary master disk by programmed I/O, waits for the drive and reads another back, at addresses that
/// wander over 64 sectors. What it reads goes into what it writes next.
/// </summary>
internal static class DiskGuest
{
    /// <summary>Bytes of the disk that the kernel needs.</summary>
    public const int DiskBytes = 1 << 20;

    private const uint Buffer = 0x20_0000;
    private const int Words = 256;

    /// <summary>The kernel as a multiboot image.</summary>
    public static byte[] Image()
    {
        Assembler a = new(32);
        Label loop = a.CreateLabel();
        a.mov(dx, 0xCF8);
        a.mov(eax, 0x8000_0904);
        a.@out(dx, eax);
        a.mov(dx, 0xCFC);
        a.mov(al, 1);
        a.@out(dx, al);
        a.xor(ebp, ebp);
        a.Label(ref loop);
        a.inc(ebp);
        Command(a, ebp, 17, 0x30);
        a.mov(__dword_ptr[Buffer], ebp);
        a.mov(esi, Buffer);
        a.mov(ecx, Words);
        a.mov(dx, 0x1F0);
        a.rep.outsw();
        Ready(a, 0x80, 0x00);
        Command(a, ebp, 5, 0x20);
        a.mov(edi, Buffer);
        a.mov(ecx, Words);
        a.mov(dx, 0x1F0);
        a.rep.insw();
        a.add(__dword_ptr[Buffer + 8], ebp);
        a.jmp(loop);
        using MemoryStream code = new();
        a.Assemble(new StreamCodeWriter(code), 0x10_0020);
        return TinyGuest.Image(code.ToArray());
    }

    // One sector at (count * step) mod 64, then waits for the drive to ask for its bytes.
    private static void Command(Assembler a, AssemblerRegister32 count, int step, byte command)
    {
        a.imul(ebx, count, step);
        a.and(bl, 63);
        foreach ((ushort port, AssemblerRegister8? value) in ((ushort, AssemblerRegister8?)[])[(0x1F2, null), (0x1F3, bl)])
        {
            a.mov(dx, (short)port);
            if (value is { } register)
            {
                a.mov(al, register);
            }
            else
            {
                a.mov(al, 1);
            }

            a.@out(dx, al);
        }

        a.mov(al, 0);
        a.mov(dx, 0x1F4);
        a.@out(dx, al);
        a.inc(dx);
        a.@out(dx, al);
        a.inc(dx);
        a.mov(al, 0xE0);
        a.@out(dx, al);
        a.inc(dx);
        a.mov(al, (sbyte)command);
        a.@out(dx, al);
        Ready(a, 0x88, 0x08);
    }

    private static void Ready(Assembler a, byte mask, byte wanted)
    {
        Label wait = a.CreateLabel();
        a.mov(dx, 0x1F7);
        a.Label(ref wait);
        a.@in(al, dx);
        a.and(al, (sbyte)mask);
        a.cmp(al, (sbyte)wanted);
        a.jne(wait);
    }
}
