namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// The environment image of FNSTENV, FLDENV, FNSAVE and FRSTOR in its four formats: 16 or 32 bits, real or protected mode
/// (Intel SDM vol. 1 8.1.10). 64-bit code uses the 32-bit protected one.
/// </summary>
// SAFETY: the state is the core's FXSAVE image; the environment is at least 28 bytes of the same FxArea.
internal static unsafe class X87Environment
{
    private const uint Ones = 0xFFFF_0000;
    private const int OpcodeMask = 0x7FF;

    /// <summary>Writes 28 (<paramref name="wide"/>) or 14 bytes.</summary>
    internal static void Write(byte* b, byte* to, bool wide, bool real)
    {
        ulong ip = FxLayout.InstructionPointer(b);
        ulong dp = FxLayout.DataPointer(b);
        uint opcode = (uint)FxLayout.Opcode(b) & OpcodeMask;
        uint ipSelector = (ushort)(ip >> 32);
        uint dpSelector = (ushort)(dp >> 32);
        if (wide)
        {
            uint* d = (uint*)to;
            d[0] = Ones | FxLayout.Control(b);
            d[1] = Ones | FxLayout.Status(b);
            d[2] = Ones | FullTags(b);
            if (real)
            {
                uint ipLinear = (uint)ip + (ipSelector << 4);
                uint dpLinear = (uint)dp + (dpSelector << 4);
                d[3] = Ones | (ushort)ipLinear;
                d[4] = ((ipLinear >> 16) << 12) | opcode;
                d[5] = Ones | (ushort)dpLinear;
                d[6] = (dpLinear >> 16) << 12;
            }
            else
            {
                d[3] = (uint)ip;
                d[4] = ipSelector | (opcode << 16);
                d[5] = (uint)dp;
                d[6] = Ones | dpSelector;
            }

            return;
        }

        ushort* w = (ushort*)to;
        w[0] = FxLayout.Control(b);
        w[1] = FxLayout.Status(b);
        w[2] = FullTags(b);
        if (real)
        {
            uint ipLinear = (uint)ip + (ipSelector << 4);
            uint dpLinear = (uint)dp + (dpSelector << 4);
            w[3] = (ushort)ipLinear;
            w[4] = (ushort)(((ipLinear >> 16) << 12) | opcode);
            w[5] = (ushort)dpLinear;
            w[6] = (ushort)((dpLinear >> 16) << 12);
        }
        else
        {
            w[3] = (ushort)ip;
            w[4] = (ushort)ipSelector;
            w[5] = (ushort)dp;
            w[6] = (ushort)dpSelector;
        }
    }

    /// <summary>
    /// Takes an environment. With <paramref name="keepsRegisters"/> physical registers keep their contents when TOP moves (FLDENV); without it
    /// the caller loads them next.
    /// </summary>
    internal static void Read(byte* b, byte* from, bool wide, bool real, bool keepsRegisters)
    {
        int step = wide ? 4 : 2;
        ushort status = *(ushort*)(from + step);
        if (keepsRegisters)
        {
            FxLayout.MoveTop(b, (status >> 11) & 7);
        }

        FxLayout.Control(b) = X87Control.CleanControl(*(ushort*)from);
        FxLayout.Status(b) = status;
        FxLayout.Tags(b) = Abridge(*(ushort*)(from + (2 * step)));
        FxLayout.Summarize(b);
        uint* d = (uint*)from;
        ushort* w = (ushort*)from;
        uint opcode;
        if (real)
        {
            uint high = wide ? d[4] : w[4];
            opcode = high;
            FxLayout.InstructionPointer(b) = (wide ? (ushort)d[3] : w[3]) | ((high >> 12 << 16) & (wide ? uint.MaxValue : 0xF_0000));
            FxLayout.DataPointer(b) = (wide ? (ushort)d[5] : w[5]) | (((wide ? d[6] : w[6]) >> 12) << 16);
        }
        else if (wide)
        {
            opcode = d[4] >> 16;
            FxLayout.InstructionPointer(b) = d[3] | ((ulong)(ushort)d[4] << 32);
            FxLayout.DataPointer(b) = d[5] | ((ulong)(ushort)d[6] << 32);
        }
        else
        {
            opcode = FxLayout.Opcode(b);
            FxLayout.InstructionPointer(b) = w[3] | ((ulong)w[4] << 32);
            FxLayout.DataPointer(b) = w[5] | ((ulong)w[6] << 32);
        }

        FxLayout.Opcode(b) = (ushort)(opcode & OpcodeMask);
    }

    /// <summary>The full tag word: 0 valid, 1 zero, 2 special, 3 empty, two bits a physical register.</summary>
    internal static ushort FullTags(byte* b)
    {
        int tags = 0;
        for (int i = 0; i < 8; i++)
        {
            int tag = (FxLayout.Tags(b) & (1 << i)) == 0 ? 3 : Classify(FxLayout.Physical(b, i));
            tags |= tag << (i * 2);
        }

        return (ushort)tags;
    }

    private static byte Abridge(ushort tags)
    {
        int inUse = 0;
        for (int i = 0; i < 8; i++)
        {
            if (((tags >> (i * 2)) & 3) != 3)
            {
                inUse |= 1 << i;
            }
        }

        return (byte)inUse;
    }

    private static int Classify(byte* register)
    {
        ulong significand = *(ulong*)register;
        int exponent = *(ushort*)(register + 8) & 0x7FFF;
        if (exponent == 0)
        {
            return significand == 0 ? 1 : 2;
        }

        return exponent == 0x7FFF || (long)significand >= 0 ? 2 : 0;
    }
}
