// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Funding} from "../../utils/Funding.sol";
import {FeeToken} from "../../utils/HostileTokens.sol";
import {TestToken} from "../../utils/TestToken.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// @title EIP-2612, and what is wrong with funding of any kind.
contract FundingTest is VaultFixture {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function _deposit(uint256 amount, bytes memory funding) private {
        vm.prank(bob);
        vault.depositFunded(address(token), bob, amount, funding);
    }

    function _permit(uint256 key, uint256 value, uint256 deadline) private view returns (bytes memory) {
        return Funding.permit(key, address(token), address(vault), value, deadline);
    }

    function _expectInvalid(bytes1 kind) private {
        vm.expectRevert(abi.encodeWithSelector(IVault.FundingInvalid.selector, kind));
    }

    function _expectNoAllowance(uint256 needed) private {
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, needed)
        );
    }

    function test_NotLookedAt_WhenBalanceCoversLock() external {
        vm.prank(manager);
        vault.lock(address(token), alice, 100, PURPOSE, hex"ff");
        vm.assertEq(_locked(manager), 100, "locked");
    }

    function test_Empty_PullsByAllowance() external {
        vm.prank(alice);
        vault.depositFunded(address(token), bob, 40, "");
        vm.assertEq(_balance(bob), 40, "bob");
        vm.assertEq(token.balanceOf(alice), 60, "alice outside");
    }

    function test_RevertWhen_AmountOrAccountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        _deposit(0, "");
        vm.expectRevert(IVault.RecipientZero.selector);
        vm.prank(alice);
        vault.depositFunded(address(token), address(0), 1, "");
    }

    function test_RevertWhen_KindIsUnknown() external {
        _expectInvalid(0x00);
        _deposit(1, hex"00");
        _expectInvalid(0x03);
        _deposit(1, hex"03");
        _expectInvalid(0xff);
        vm.prank(manager);
        vault.lock(address(token), alice, 101, PURPOSE, hex"ff01");
    }

    function test_Permit_RevertWhen_LengthIsWrong() external {
        _expectInvalid(0x01);
        _deposit(1, hex"01");
        _expectInvalid(0x01);
        _deposit(1, bytes.concat(hex"01", new bytes(159)));
        _expectInvalid(0x01);
        _deposit(1, bytes.concat(hex"01", new bytes(161)));
    }

    function test_Permit_Pulls() external {
        token.mint(bob, 100);
        vm.expectEmit(address(vault));
        emit IVault.Deposited(address(token), bob, bob, 60);
        _deposit(60, _permit(BOB_KEY, 60, block.timestamp));
        vm.assertEq(_balance(bob), 60, "inside");

        // What the balance lacks is 40; the rest of the allowance stays.
        bytes memory funding = _permit(BOB_KEY, 90, block.timestamp);
        vm.prank(manager);
        vault.lock(address(token), bob, 100, PURPOSE, funding);
        vm.assertEq(_locked(manager), 100, "locked");
        vm.assertEq(token.allowance(bob, address(vault)), 50, "allowance");
    }

    function test_Permit_Pulls_WhenUsedAlready() external {
        token.mint(bob, 100);
        bytes memory funding = _permit(BOB_KEY, 60, block.timestamp);
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(_tail(funding), (uint256, uint256, uint8, bytes32, bytes32));
        vm.prank(alice);
        token.permit(bob, address(vault), value, deadline, v, r, s);
        _deposit(60, funding);
        vm.assertEq(_balance(bob), 60, "inside");
        // And never again: the allowance is used up.
        _expectNoAllowance(1);
        _deposit(1, funding);
    }

    function test_Permit_RevertWhen_Expired() external {
        token.mint(bob, 100);
        bytes memory funding = _permit(BOB_KEY, 60, block.timestamp - 1);
        _expectNoAllowance(60);
        _deposit(60, funding);
    }

    function test_Permit_RevertWhen_SomebodyElses() external {
        token.mint(bob, 100);
        bytes memory funding = _permit(0xE5E, 60, block.timestamp);
        _expectNoAllowance(60);
        _deposit(60, funding);
    }

    function test_Permit_RevertWhen_Malleable() external {
        token.mint(bob, 100);
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(_tail(_permit(BOB_KEY, 60, block.timestamp)), (uint256, uint256, uint8, bytes32, bytes32));
        s = bytes32(CURVE_ORDER - uint256(s));
        _expectNoAllowance(60);
        _deposit(60, bytes.concat(hex"01", abi.encode(value, deadline, v == 27 ? 28 : 27, r, s)));
    }

    function test_Permit_RevertWhen_OfAnotherTokenOrChain() external {
        token.mint(bob, 100);
        TestToken second = new TestToken();
        bytes memory funding = Funding.permit(BOB_KEY, address(second), address(vault), 60, block.timestamp);
        _expectNoAllowance(60);
        _deposit(60, funding);

        funding = _permit(BOB_KEY, 60, block.timestamp);
        vm.chainId(5);
        _expectNoAllowance(60);
        _deposit(60, funding);
    }

    function test_Permit_Pulls_WhenTokenKnowsNoPermit() external {
        FeeToken plain = new FeeToken();
        _allow(address(plain));
        plain.mint(bob, 99);
        vm.startPrank(bob);
        plain.approve(address(vault), 99);
        // 99 is too little for a fee of 1 %.
        vault.depositFunded(address(plain), bob, 99, bytes.concat(hex"01", new bytes(160)));
        vm.assertEq(vault.balanceOf(address(plain), bob), 99, "inside");
    }

    function test_Permit_RevertWhen_TokenIsNotAllowed() external {
        TestToken second = new TestToken();
        second.mint(bob, 1);
        bytes memory funding = Funding.permit(BOB_KEY, address(second), address(vault), 1, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenNotAllowed.selector, address(second)));
        vm.prank(bob);
        vault.depositFunded(address(second), bob, 1, funding);
        vm.assertEq(IERC20Permit(address(second)).nonces(bob), 0, "not called");
    }

    function _tail(bytes memory funding) private pure returns (bytes memory tail) {
        tail = new bytes(funding.length - 1);
        for (uint256 i = 0; i < tail.length; ++i) tail[i] = funding[i + 1];
    }
}
