using System.Runtime.CompilerServices;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Places in the FXSAVE image (Intel SDM vol. 1 10.5.1, 64-bit layout) and in the scratch space behind it. The instruction pointer field holds
/// 64 bits after 64-bit code, else offset in bits 31:0 and CS in bits 47:32; the data pointer field likewise.
/// </summary>
// SAFETY: every method takes the base of an FxArea (4096 bytes, 64-byte aligned, alive as long as its core) and reaches fixed places inside it;
// register numbers are masked or come from the lowering (0 to 15).
internal static unsafe class FxLayout
{
    internal const int Mxcsr = 24;
    internal const int Registers = 32;
    internal const int Xmm = 160;
    internal const int ImageLength = 512;

    /// <summary>Where emitted code leaves a general-purpose result or RFLAGS; three more qwords follow for string compares.</summary>
    internal const int Out = 512;

    /// <summary>64 bytes, 64-byte aligned: a memory operand or general-purpose register on its way in or out.</summary>
    internal const int Operand = 576;

    /// <summary>16 bytes for a result that goes elsewhere afterwards.</summary>
    internal const int Spare = 640;

    /// <summary>A second context of the same shape, for a trial run with other masks.</summary>
    internal const int Trial = 1024;

    internal const ushort InitialControl = 0x037F;
    internal const ushort ExceptionFlags = 0x3F;
    internal const ushort TopMask = 0x3800;

    /// <summary>Error summary and busy.</summary>
    internal const ushort Summary = 0x8080;

    internal const uint MxcsrMaskWithSse2 = 0xFFFF;
    internal const uint MxcsrMaskWithoutSse2 = 0xFFBF;
    internal const uint MxcsrFlags = 0x3F;
    internal const uint MxcsrMasks = 0x1F80;
    internal const uint MxcsrDenormalsAreZeros = 0x40;
    internal const uint MxcsrFlushToZero = 0x8000;

    internal static ref ushort Control(byte* b) => ref *(ushort*)b;

    internal static ref ushort Status(byte* b) => ref *(ushort*)(b + 2);

    /// <summary>Abridged tags: bit set = physical register in use.</summary>
    internal static ref byte Tags(byte* b) => ref b[4];

    internal static ref ushort Opcode(byte* b) => ref *(ushort*)(b + 6);

    internal static ref ulong InstructionPointer(byte* b) => ref *(ulong*)(b + 8);

    internal static ref ulong DataPointer(byte* b) => ref *(ulong*)(b + 16);

    internal static ref uint MxcsrMask(byte* b) => ref *(uint*)(b + 28);

    internal static ref uint MxcsrOf(byte* b) => ref *(uint*)(b + Mxcsr);

    /// <summary>Image slot of ST(<paramref name="i"/>).</summary>
    internal static byte* St(byte* b, int i) => b + Registers + ((i & 7) * 16);

    internal static byte* XmmAt(byte* b, int i) => b + Xmm + ((i & 15) * 16);

    internal static int Top(byte* b) => (Status(b) >> 11) & 7;

    /// <summary>Image slot of physical register <paramref name="i"/>, which is MMX register <paramref name="i"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Physical(byte* b, int i) => St(b, i - Top(b));

    /// <summary>Unmasked exceptions that wait to be reported.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsErrorPending(byte* b) => (Status(b) & ~Control(b) & ExceptionFlags) != 0;

    /// <summary>Makes error summary and busy follow from flags and masks.</summary>
    internal static void Summarize(byte* b)
    {
        ref ushort status = ref Status(b);
        status = IsErrorPending(b) ? (ushort)(status | Summary) : (ushort)(status & ~Summary);
    }

    /// <summary>Changes TOP while the physical registers keep their contents: the image holds them in the order of the stack.</summary>
    internal static void MoveTop(byte* b, int top)
    {
        int shift = (top - Top(b)) & 7;
        if (shift != 0)
        {
            ulong* registers = (ulong*)(b + Registers);
            ulong* old = stackalloc ulong[16];
            for (int i = 0; i < 16; i++)
            {
                old[i] = registers[i];
            }

            for (int i = 0; i < 16; i++)
            {
                registers[i] = old[(i + (shift * 2)) & 15];
            }
        }

        ref ushort status = ref Status(b);
        status = (ushort)((status & ~TopMask) | (top << 11));
    }

    /// <summary>What every MMX instruction but EMMS does to the x87 state: TOP 0, all registers in use (Intel SDM vol. 1 9.5.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EnterMmx(byte* b)
    {
        if ((Status(b) & TopMask) != 0)
        {
            MoveTop(b, 0);
        }

        Tags(b) = 0xFF;
    }
}
