namespace Doppel.X86.Semantics;

/// <summary>A condition code as a type (Intel SDM vol. 1 appendix B).</summary>
public interface ICondition
{
    /// <summary>Whether the condition holds.</summary>
    static abstract bool Holds(in ArithmeticFlags flags);
}

/// <summary>OF = 1.</summary>
public readonly struct IfO : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Overflow;
}

/// <summary>OF = 0.</summary>
public readonly struct IfNo : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Overflow;
}

/// <summary>CF = 1.</summary>
public readonly struct IfB : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Carry;
}

/// <summary>CF = 0.</summary>
public readonly struct IfAe : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Carry;
}

/// <summary>ZF = 1.</summary>
public readonly struct IfE : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Zero;
}

/// <summary>ZF = 0.</summary>
public readonly struct IfNe : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Zero;
}

/// <summary>CF = 1 or ZF = 1.</summary>
public readonly struct IfBe : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Carry || flags.Zero;
}

/// <summary>CF = 0 and ZF = 0.</summary>
public readonly struct IfA : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Carry && !flags.Zero;
}

/// <summary>SF = 1.</summary>
public readonly struct IfS : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Sign;
}

/// <summary>SF = 0.</summary>
public readonly struct IfNs : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Sign;
}

/// <summary>PF = 1.</summary>
public readonly struct IfP : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Parity;
}

/// <summary>PF = 0.</summary>
public readonly struct IfNp : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Parity;
}

/// <summary>SF differs from OF.</summary>
public readonly struct IfL : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Sign != flags.Overflow;
}

/// <summary>SF equals OF.</summary>
public readonly struct IfGe : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Sign == flags.Overflow;
}

/// <summary>ZF = 1 or SF differs from OF.</summary>
public readonly struct IfLe : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => flags.Zero || flags.Sign != flags.Overflow;
}

/// <summary>ZF = 0 and SF equals OF.</summary>
public readonly struct IfG : ICondition
{
    /// <inheritdoc/>
    public static bool Holds(in ArithmeticFlags flags) => !flags.Zero && flags.Sign == flags.Overflow;
}
