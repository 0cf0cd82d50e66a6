// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Credit} from "./types/Lease.sol";

/// @title The only token holder. Immutable and small, because its bugs would be for ever.
/// @dev Invariant: for every token, what the Vault holds >= sum of balances + sum of locked. Nobody can change the set of
/// managers, take a token off the list, pause, or move a balance that is not their own.
contract Vault is IVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes1 private constant PERMIT = 0x01;
    bytes1 private constant PERMIT2 = 0x02;
    uint256 private constant PERMIT_WORDS = 5 * 32;
    bytes32 private constant FUNDING_TYPEHASH = keccak256("Funding(bytes32 purpose)");
    /// @dev What Permit2 appends to its own type string.
    string private constant WITNESS_TYPE =
        "Funding witness)Funding(bytes32 purpose)TokenPermissions(address token,uint256 amount)";

    /// @notice May add tokens and nothing else.
    address public immutable override governor;
    /// @inheritdoc IVault
    address public immutable override permit2;

    mapping(address token => mapping(address account => uint256)) public override balanceOf;
    mapping(address manager => mapping(address token => uint256)) public override lockedOf;
    mapping(address token => bool) public override isAllowed;
    mapping(address account => bool) public override isManager;

    /// @param managers may be addresses that have no code yet: a manager knows its Vault from its own constructor
    /// @param permit2_ zero: there is none, and its funding is refused
    constructor(address governor_, address[] memory managers, address permit2_) {
        governor = governor_;
        permit2 = permit2_;
        for (uint256 i = 0; i < managers.length; ++i) isManager[managers[i]] = true;
    }

    modifier onlyManager() {
        if (!isManager[msg.sender]) revert NotManager(msg.sender);
        _;
    }

    /// @inheritdoc IVault
    /// @dev A token must move exactly what it is told to: no fee, no rebase.
    function allowToken(address token) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        if (isAllowed[token]) revert TokenAlreadyAllowed(token);
        isAllowed[token] = true;
        emit TokenAllowed(token);
    }

    /// @inheritdoc IVault
    function deposit(address token, address account, uint256 amount) external nonReentrant {
        _deposit(token, account, amount, msg.data[:0]);
    }

    /// @inheritdoc IVault
    function depositFunded(address token, address account, uint256 amount, bytes calldata funding)
        external
        nonReentrant
    {
        _deposit(token, account, amount, funding);
    }

    /// @inheritdoc IVault
    function withdraw(address token, uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert AmountZero();
        if (to == address(0)) revert RecipientZero();
        uint256 has = balanceOf[token][msg.sender];
        if (has < amount) revert BalanceTooLow(token, msg.sender, has, amount);
        balanceOf[token][msg.sender] = has - amount;
        emit Withdrawn(token, msg.sender, to, amount);

        // A token that takes more than it was told to would take it from the other accounts.
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        uint256 sent = Math.saturatingSub(before, IERC20(token).balanceOf(address(this)));
        if (sent != amount) revert SentDiffers(token, amount, sent);
    }

    /// @inheritdoc IVault
    function lock(address token, address from, uint256 amount, bytes32 purpose, bytes calldata funding)
        external
        onlyManager
        nonReentrant
    {
        if (amount == 0) revert AmountZero();
        uint256 has = balanceOf[token][from];
        uint256 missing = Math.saturatingSub(amount, has);
        balanceOf[token][from] = has + missing - amount;
        lockedOf[msg.sender][token] += amount;
        // A token that is not on the list has no balances, so a lock of it always comes here and is refused.
        if (missing > 0) _pull(token, from, from, missing, purpose, funding);
        emit Locked(msg.sender, token, from, amount);
    }

    /// @inheritdoc IVault
    function release(address token, address to, uint256 amount) external onlyManager nonReentrant {
        if (amount == 0) revert AmountZero();
        lockedOf[msg.sender][token] = _release(token, to, amount, lockedOf[msg.sender][token]);
    }

    /// @inheritdoc IVault
    function releaseMany(address token, Credit[] calldata credits) external onlyManager nonReentrant {
        uint256 left = lockedOf[msg.sender][token];
        for (uint256 i = 0; i < credits.length; ++i) {
            if (credits[i].amount != 0) left = _release(token, credits[i].to, credits[i].amount, left);
        }
        lockedOf[msg.sender][token] = left;
    }

    /// @inheritdoc IVault
    function moveLock(address token, address manager, uint256 amount) external onlyManager nonReentrant {
        if (amount == 0) revert AmountZero();
        if (!isManager[manager]) revert NotManager(manager);
        lockedOf[msg.sender][token] = _take(token, amount, lockedOf[msg.sender][token]);
        lockedOf[manager][token] += amount;
        emit LockMoved(msg.sender, token, manager, amount);
    }

    function _deposit(address token, address account, uint256 amount, bytes calldata funding) private {
        if (amount == 0) revert AmountZero();
        if (account == address(0)) revert RecipientZero();
        balanceOf[token][account] += amount;
        _pull(token, account, msg.sender, amount, bytes32(uint256(uint160(account))), funding);
    }

    /// @dev Credits `to`. The caller writes what is left of the locked sum.
    function _release(address token, address to, uint256 amount, uint256 has) private returns (uint256 left) {
        if (to == address(0)) revert RecipientZero();
        left = _take(token, amount, has);
        balanceOf[token][to] += amount;
        emit Released(msg.sender, token, to, amount);
    }

    function _take(address token, uint256 amount, uint256 has) private view returns (uint256 left) {
        if (has < amount) revert LockedTooLow(msg.sender, token, has, amount);
        return has - amount;
    }

    /// @dev The books are written before: only an amount that arrives to the last unit lets them stand.
    function _pull(
        address token,
        address account,
        address from,
        uint256 amount,
        bytes32 purpose,
        bytes calldata funding
    ) private {
        if (!isAllowed[token]) revert TokenNotAllowed(token);
        emit Deposited(token, account, from, amount);
        uint256 before = IERC20(token).balanceOf(address(this));
        _transferIn(token, from, amount, purpose, funding);
        uint256 received = Math.saturatingSub(IERC20(token).balanceOf(address(this)), before);
        if (received != amount) revert ReceivedDiffers(token, amount, received);
    }

    function _transferIn(address token, address from, uint256 amount, bytes32 purpose, bytes calldata funding)
        private
    {
        if (funding.length != 0) {
            bytes1 kind = funding[0];
            if (kind == PERMIT2) return _permit2(token, from, amount, purpose, funding[1:]);
            if (kind != PERMIT) revert FundingInvalid(kind);
            _permit(token, from, funding[1:]);
        }
        IERC20(token).safeTransferFrom(from, address(this), amount);
    }

    /// @dev Anyone may have used the permit before, which is as good: what counts is the allowance.
    function _permit(address token, address from, bytes calldata permit) private {
        if (permit.length != PERMIT_WORDS) revert FundingInvalid(PERMIT);
        (uint256 value, uint256 deadline, uint256 word, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint256, bytes32, bytes32));
        // Only the byte counts: with another a permit fails, and that is no error.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint8 v = uint8(word);
        // Nothing to do either way: the transfer that follows is the judge.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(from, address(this), value, deadline, v, r, s) {} catch {}
    }

    /// @dev Permit2 checks signature, nonce, deadline and the permitted amount; the witness, what the payment is for.
    function _permit2(address token, address from, uint256 amount, bytes32 purpose, bytes calldata permit) private {
        if (permit2 == address(0) || permit.length < PERMIT_WORDS) revert FundingInvalid(PERMIT2);
        (uint256 permitted, uint256 nonce, uint256 deadline, bytes memory signature) =
            abi.decode(permit, (uint256, uint256, uint256, bytes));
        IPermit2(permit2)
            .permitWitnessTransferFrom(
                IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(token, permitted), nonce, deadline),
                IPermit2.SignatureTransferDetails(address(this), amount),
                from,
                keccak256(abi.encode(FUNDING_TYPEHASH, purpose)),
                WITNESS_TYPE,
                signature
            );
    }
}
