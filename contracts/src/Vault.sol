// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IVault} from "./interfaces/IVault.sol";

/// @title The only token holder. Immutable and small, because its bugs would be for ever.
/// @dev Invariant: for every token, what the Vault holds >= sum of balances + sum of locked. Nobody can change the set of
/// managers, take a token off the list, pause, or move a balance that is not their own.
contract Vault is IVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice May add tokens and nothing else.
    address public immutable override governor;

    mapping(address token => mapping(address account => uint256)) public override balanceOf;
    mapping(address manager => mapping(address token => uint256)) public override lockedOf;
    mapping(address token => bool) public override isAllowed;
    mapping(address account => bool) public override isManager;

    /// @param managers may be addresses that have no code yet: a manager knows its Vault from its own constructor
    constructor(address governor_, address[] memory managers) {
        governor = governor_;
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
        if (amount == 0) revert AmountZero();
        if (account == address(0)) revert RecipientZero();
        balanceOf[token][account] += amount;
        _pull(token, account, msg.sender, amount);
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
        uint256 sent = before - IERC20(token).balanceOf(address(this));
        if (sent != amount) revert SentDiffers(token, amount, sent);
    }

    /// @inheritdoc IVault
    function lock(address token, address from, uint256 amount) external onlyManager nonReentrant {
        if (amount == 0) revert AmountZero();
        uint256 has = balanceOf[token][from];
        uint256 missing = amount > has ? amount - has : 0;
        balanceOf[token][from] = has + missing - amount;
        lockedOf[msg.sender][token] += amount;
        // A token that is not on the list has no balances, so a lock of it always comes here and is refused.
        if (missing > 0) _pull(token, from, from, missing);
        emit Locked(msg.sender, token, from, amount);
    }

    /// @inheritdoc IVault
    function release(address token, address to, uint256 amount) external onlyManager nonReentrant {
        if (amount == 0) revert AmountZero();
        if (to == address(0)) revert RecipientZero();
        uint256 has = lockedOf[msg.sender][token];
        if (has < amount) revert LockedTooLow(msg.sender, token, has, amount);
        lockedOf[msg.sender][token] = has - amount;
        balanceOf[token][to] += amount;
        emit Released(msg.sender, token, to, amount);
    }

    /// @dev The books are written before: only an amount that arrives to the last unit lets them stand.
    function _pull(address token, address account, address from, uint256 amount) private {
        if (!isAllowed[token]) revert TokenNotAllowed(token);
        emit Deposited(token, account, from, amount);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert ReceivedDiffers(token, amount, received);
    }
}
