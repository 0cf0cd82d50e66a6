// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {Funding} from "../../utils/Funding.sol";
import {Test} from "../../utils/Test.sol";
import {TestPermit2} from "../../utils/TestPermit2.sol";
import {TestToken} from "../../utils/TestToken.sol";

/// @title A Vault alone, with two managers, one allowed token and one account that holds 100 inside and 100 outside.
abstract contract VaultFixture is Test {
    uint256 internal constant ALICE_KEY = 0xA1;
    uint256 internal constant BOB_KEY = 0xB0;
    bytes32 internal constant PURPOSE = keccak256("purpose");

    address internal governor = address(0x60);
    address internal manager = address(0x3A);
    address internal other = address(0x3B);
    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);
    IVault internal vault;
    TestToken internal token;
    TestPermit2 internal permit2;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        permit2 = new TestPermit2();
        vault = _newVault(address(permit2));
        token = new TestToken();
        _allow(address(token));
        token.mint(alice, 200);
        vm.startPrank(alice);
        token.approve(address(vault), type(uint256).max);
        vault.deposit(address(token), alice, 100);
        vm.stopPrank();
    }

    function _newVault(address permit2_) internal returns (IVault) {
        address[] memory managers = new address[](2);
        (managers[0], managers[1]) = (manager, other);
        return IVault(vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers, permit2_)));
    }

    function _allow(address token_) internal {
        vm.prank(governor);
        vault.allowToken(token_);
    }

    function _lock(uint256 amount) internal {
        vm.prank(manager);
        vault.lock(address(token), alice, amount, PURPOSE, "");
    }

    /// @dev Bob has tokens outside and has approved Permit2 alone.
    function _bobHas(uint256 amount) internal {
        token.mint(bob, amount);
        vm.prank(bob);
        token.approve(address(permit2), type(uint256).max);
    }

    function _order(uint256 permitted, bytes32 purpose) internal view returns (Funding.Permit2Order memory) {
        return Funding.Permit2Order(permit2, address(token), address(vault), permitted, 7, block.timestamp, purpose);
    }

    function _for(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function _balance(address account) internal view returns (uint256) {
        return vault.balanceOf(address(token), account);
    }

    function _locked(address who) internal view returns (uint256) {
        return vault.lockedOf(who, address(token));
    }
}
